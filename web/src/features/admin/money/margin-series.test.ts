import { expect, test } from "vitest";
import { byName, daysBetween, inAll, type MarginDay } from "./margin-series";

const row = (day: string, name: string, revenue: string, cost: string): MarginDay => ({
  day,
  name,
  revenue,
  cost,
  margin: String(Number(revenue) - Number(cost)),
});
const WORDS = { nameless: "Unknown", rest: "Others" };

test("every day has its place, at most a year of them", () => {
  expect(daysBetween("2026-02-27", "2026-03-01")).toEqual(["2026-02-27", "2026-02-28", "2026-03-01"]);
  expect(daysBetween("2020-01-01", "2026-03-01")).toHaveLength(365);
});

test("a day without use is nothing, and all together are summed", () => {
  const days = ["2026-01-01", "2026-01-02"];
  const rows = [row("2026-01-02", "a", "3", "1"), row("2026-01-02", "", "1", "2")];
  expect(inAll(rows, days, (metric) => metric)).toEqual([
    { name: "margin", values: [0, 1] },
    { name: "revenue", values: [0, 4] },
    { name: "cost", values: [0, 3] },
  ]);
  expect(byName(rows, days, "margin", WORDS)).toEqual([
    { name: "a", values: [0, 2] },
    { name: "Unknown", values: [0, -1] },
  ]);
});

test("who makes the greatest loss is not among the others", () => {
  const rows = [..."abcdefgh"].map((name, at) => row("2026-01-01", name, String(at), "0"));
  const shown = byName([...rows, row("2026-01-01", "loss", "0", "99")], ["2026-01-01"], "margin", WORDS);
  expect(shown[0]).toEqual({ name: "loss", values: [-99] });
  expect(shown.at(-1)).toEqual({ name: "Others", values: [1] });
});
