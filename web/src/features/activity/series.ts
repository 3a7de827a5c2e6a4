/** Use over time, added up as the page shows it. */
import type { components } from "@/shared/api/schema";
import { type Series, topSeries } from "@/shared/ui/chart/scale";
import { daysOf, type Metric, type Period } from "./search";

export type Point = components["schemas"]["UsePoint"];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MOST_SERIES = 8;

const VALUE: Record<Metric, (point: Point) => number> = {
  cost: (point) => point.cost,
  tokens: (point) => point.prompt_tokens + point.completion_tokens,
  requests: (point) => point.requests,
};

export function unitOf(period: Period): "hour" | "day" {
  return period === "day" ? "hour" : "day";
}

/** A column for each hour or day of the period, also for those without use. */
export function toChart(
  points: Point[],
  period: Period,
  metric: Metric,
  nameOf: (group: string) => string,
  rest: string,
  now: Date = new Date(),
): { labels: string[]; series: Series[] } {
  const { since, until } = daysOf(period, now);
  const step = unitOf(period) === "hour" ? HOUR_MS : DAY_MS;
  const first = Date.parse(since);
  const count = Math.round((Date.parse(until) + DAY_MS - first) / step);
  const labels = Array.from({ length: count }, (_, index) => {
    const text = new Date(first + index * step).toISOString();
    return step === HOUR_MS ? text.slice(11, 16) : text.slice(5, 10);
  });
  const groups = new Map<string, number[]>();
  for (const point of points) {
    const at = Math.round((point.at - first) / step);
    if (at < 0 || at >= count) continue;
    const values = groups.get(point.group) ?? new Array<number>(count).fill(0);
    values[at] = (values[at] ?? 0) + VALUE[metric](point);
    groups.set(point.group, values);
  }
  const series = [...groups].map(([group, values]) => ({ name: nameOf(group), values }));
  return { labels, series: topSeries(series, MOST_SERIES, rest) };
}

export interface Sums {
  group: string;
  requests: number;
  failed: number;
  tokens: number;
  cost: number;
}

/** One row a group, the dearest first. */
export function sumsOf(points: Point[]): Sums[] {
  const found = new Map<string, Sums>();
  for (const point of points) {
    const sums = found.get(point.group) ?? { group: point.group, requests: 0, failed: 0, tokens: 0, cost: 0 };
    sums.requests += point.requests;
    sums.failed += point.failed;
    sums.tokens += VALUE.tokens(point);
    sums.cost += point.cost;
    found.set(point.group, sums);
  }
  return [...found.values()].sort((one, other) => other.cost - one.cost || other.tokens - one.tokens);
}
