import { expect, test } from "vitest";
import { labelStep, ticksAround, ticksTo, topSeries } from "./scale";

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

test("an axis that falls below nothing has nothing on it", () => {
  expect(ticksAround(0, 7)).toEqual(ticksTo(7));
  expect(ticksAround(-3, 7)).toEqual([-5, -2.5, 0, 2.5, 5, 7.5]);
  expect(ticksAround(-1, 0)).toEqual([-1, -0.75, -0.5, -0.25, 0]);
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
