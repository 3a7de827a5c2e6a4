import { expect, test } from "vitest";
import { labelStep, ticksTo, topSeries } from "./scale";

test("the lines of an axis are round, begin at nothing and reach the highest value", () => {
  expect(ticksTo(0)).toEqual([0, 1]);
  expect(ticksTo(7)).toEqual([0, 2, 4, 6, 8]);
  expect(ticksTo(1000)).toEqual([0, 250, 500, 750, 1000]);
  for (const most of [3e-7, 0.02, 1, 99, 12_345, 8e9]) {
    const ticks = ticksTo(most);
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(most);
    expect(ticks.length).toBeLessThanOrEqual(6);
  }
});

test("labels have room", () => {
  expect(labelStep(30, 640)).toBe(3);
  expect(labelStep(7, 1000)).toBe(1);
  expect(labelStep(30, 10)).toBe(30);
});

test("what is small is put together", () => {
  const series = [1, 5, 3, 2].map((value, at) => ({ name: String(at), values: [value, null] }));
  expect(topSeries(series, 2, "rest")).toEqual([
    { name: "1", values: [5, null] },
    { name: "2", values: [3, null] },
    { name: "rest", values: [3, 0] },
  ]);
  expect(topSeries(series, 9, "rest")).toHaveLength(4);
});
