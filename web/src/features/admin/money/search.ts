/** What the addresses of the operators' money pages say. */

export const STATES = ["created", "pending", "paid", "failed", "expired", "canceled"] as const;
export const ONLY = ["disputed", "refunded"] as const;
export const BY = ["day", "model", "provider"] as const;

export interface OrdersSearch {
  q?: string;
  status?: (typeof STATES)[number];
  only?: (typeof ONLY)[number];
}

export function readOrdersSearch(raw: Record<string, unknown>): OrdersSearch {
  const search: OrdersSearch = {};
  if (typeof raw.q === "string" && raw.q) search.q = raw.q;
  const status = STATES.find((each) => each === raw.status);
  if (status) search.status = status;
  const only = ONLY.find((each) => each === raw.only);
  if (only) search.only = only;
  return search;
}

export interface MarginsSearch {
  by?: (typeof BY)[number];
  since?: string;
  until?: string;
}

const DAY = /^20\d\d-[01]\d-[0-3]\d$/;

export function readMarginsSearch(raw: Record<string, unknown>): MarginsSearch {
  const search: MarginsSearch = {};
  const by = BY.find((each) => each === raw.by);
  if (by && by !== "day") search.by = by;
  if (typeof raw.since === "string" && DAY.test(raw.since)) search.since = raw.since;
  if (typeof raw.until === "string" && DAY.test(raw.until)) search.until = raw.until;
  return search;
}
