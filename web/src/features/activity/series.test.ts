import { expect, test } from "vitest";
import { daysOf, readActivitySearch } from "./search";
import { type Point, sumsOf, toChart } from "./series";

const DAY = 86_400_000;
const NOW = new Date("2026-03-03T10:00:00Z");
const point = (at: number, group: string, cost: number): Point => ({
  at,
  group,
  requests: 1,
  failed: 0,
  prompt_tokens: 3,
  completion_tokens: 4,
  reasoning_tokens: 0,
  cached_tokens: 0,
  cost,
  latency_ms: null,
});

test("a period ends today, and its first day belongs to it", () => {
  expect(daysOf("week", NOW)).toEqual({ since: "2026-02-25", until: "2026-03-03" });
  expect(daysOf("day", NOW)).toEqual({ since: "2026-03-03", until: "2026-03-03" });
});

test("days without use are there, and every group has each day", () => {
  const today = Date.parse("2026-03-03");
  const points = [point(today, "b", 2), point(today - 2 * DAY, "a", 1), point(today, "a", 4)];
  const chart = toChart(points, "week", "cost", (group) => group, "others", NOW);
  expect(chart.labels).toHaveLength(7);
  expect(chart.series).toEqual([
    { name: "a", values: [0, 0, 0, 0, 1, 0, 4] },
    { name: "b", values: [0, 0, 0, 0, 0, 0, 2] },
  ]);
  expect(toChart([], "day", "cost", String, "others", NOW).labels).toHaveLength(24);
});

test("the sums of groups come dearest first", () => {
  const sums = sumsOf([point(1, "a", 1), point(2, "b", 5), point(3, "a", 2)]);
  expect(sums.map(({ group, cost, tokens, requests }) => [group, cost, tokens, requests])).toEqual([
    ["b", 5, 7, 1],
    ["a", 3, 14, 2],
  ]);
});

test("an address keeps only what it knows", () => {
  expect(
    readActivitySearch({ period: "century", by: "key", status: "ok", model: 3, metric: "cost" }),
  ).toEqual({
    by: "key",
    status: "ok",
  });
});
