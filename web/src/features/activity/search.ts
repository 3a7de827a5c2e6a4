/** What the address of `/activity` can say: which days, what they are added up by, and which generations are listed. */

export const PERIODS = ["day", "week", "month", "year"] as const;
export const GROUPS = ["model", "provider", "key", "app"] as const;
export const METRICS = ["cost", "tokens", "requests"] as const;
export const STATES = ["ok", "error", "cancelled"] as const;
export type Period = (typeof PERIODS)[number];
export type Group = (typeof GROUPS)[number];
export type Metric = (typeof METRICS)[number];
export type State = (typeof STATES)[number];

const DAYS: Record<Period, number> = { day: 1, week: 7, month: 30, year: 365 };
const DAY_MS = 86_400_000;

export interface ActivitySearch {
  period?: Period;
  by?: Group;
  metric?: Metric;
  model?: string;
  provider?: string;
  /** A key's hash. */
  key?: string;
  app?: string;
  status?: State;
}

export function readActivitySearch(raw: Record<string, unknown>): ActivitySearch {
  const search: ActivitySearch = {};
  const period = PERIODS.find((each) => each === raw.period);
  if (period && period !== "month") search.period = period;
  const by = GROUPS.find((each) => each === raw.by);
  if (by && by !== "model") search.by = by;
  const metric = METRICS.find((each) => each === raw.metric);
  if (metric && metric !== "cost") search.metric = metric;
  const status = STATES.find((each) => each === raw.status);
  if (status) search.status = status;
  for (const name of ["model", "provider", "key", "app"] as const) {
    const value = raw[name];
    if (typeof value === "string" && value) search[name] = value;
  }
  return search;
}

/** First and last UTC day of a period that ends today. */
export function daysOf(period: Period, now: Date = new Date()): { since: string; until: string } {
  const text = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  return { since: text(now.getTime() - (DAYS[period] - 1) * DAY_MS), until: text(now.getTime()) };
}
