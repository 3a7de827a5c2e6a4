/** Margins over time as the chart shows them. */
import type { components } from "@/shared/api/schema";
import type { Series } from "@/shared/ui/chart/scale";

export type MarginDay = components["schemas"]["MarginDay"];

export const METRICS = ["margin", "revenue", "cost"] as const;
export type Metric = (typeof METRICS)[number];

const DAY_MS = 86_400_000;
const MOST_DAYS = 365;
const MOST_SERIES = 7;

/** Every UTC day from `since` to `until`, the last year of them. */
export function daysBetween(since: string, until: string): string[] {
  const last = Date.parse(until);
  const first = Math.max(Date.parse(since), last - (MOST_DAYS - 1) * DAY_MS);
  const days: string[] = [];
  for (let at = first; at <= last; at += DAY_MS) days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

/** One series a metric, of all together. */
export function inAll(rows: MarginDay[], days: string[], nameOf: (metric: Metric) => string): Series[] {
  return METRICS.map((metric) => ({ name: nameOf(metric), values: summed(rows, days, metric) }));
}

/** One a model or provider: those with the greatest revenue or cost, so that a loss is seen too, and the others in one. */
export function byName(
  rows: MarginDay[],
  days: string[],
  metric: Metric,
  words: { nameless: string; rest: string },
): Series[] {
  const groups = new Map<string, MarginDay[]>();
  for (const row of rows) {
    const name = row.name || words.nameless;
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  const size = (group: MarginDay[]) =>
    group.reduce((sum, row) => sum + Math.max(Number(row.revenue), Number(row.cost)), 0);
  const sorted = [...groups].sort(([, one], [, other]) => size(other) - size(one));
  const shown = sorted
    .slice(0, MOST_SERIES)
    .map(([name, group]) => ({ name, values: summed(group, days, metric) }));
  const others = sorted.slice(MOST_SERIES).flatMap(([, group]) => group);
  return others.length ? [...shown, { name: words.rest, values: summed(others, days, metric) }] : shown;
}

function summed(rows: MarginDay[], days: string[], metric: Metric): number[] {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(row.day, (sums.get(row.day) ?? 0) + Number(row[metric]));
  return days.map((day) => sums.get(day) ?? 0);
}
