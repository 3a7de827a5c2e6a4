/** What the address of `/models` can say: every filter lives there, and nothing that is the default. */

export const SORTS = [
  "newest",
  "weekly",
  "name",
  "price-low",
  "price-high",
  "output-low",
  "output-high",
  "context",
  "throughput",
  "latency",
] as const;
export type Sort = (typeof SORTS)[number];

/** How what is sent is handled: nothing kept, or at least nothing kept or trained on as far as is known. */
export const POLICIES = ["zdr", "private"] as const;
export type Policy = (typeof POLICIES)[number];

export interface ModelsSearch {
  q?: string;
  /** Only what the account may use: of no effect for those who are not signed in. */
  mine?: boolean;
  free?: boolean;
  input?: string[];
  output?: string[];
  params?: string[];
  authors?: string[];
  providers?: string[];
  series?: string[];
  policy?: Policy;
  /** Least tokens a second. */
  speed?: number;
  context?: number;
  maxPrice?: number;
  sort?: Sort;
  view?: "cards";
}

export function readModelsSearch(raw: Record<string, unknown>): ModelsSearch {
  const search: ModelsSearch = {};
  if (typeof raw.q === "string" && raw.q) search.q = raw.q;
  else if (typeof raw.q === "number") search.q = String(raw.q);
  if (raw.mine === true) search.mine = true;
  if (raw.free === true) search.free = true;
  for (const name of ["input", "output", "params", "authors", "providers", "series"] as const) {
    const list = strings(raw[name]);
    if (list) search[name] = list;
  }
  for (const name of ["context", "maxPrice", "speed"] as const) {
    const value = Number(raw[name]);
    if (raw[name] !== undefined && Number.isFinite(value) && value >= 0) search[name] = value;
  }
  const policy = POLICIES.find((each) => each === raw.policy);
  if (policy) search.policy = policy;
  const sort = SORTS.find((each) => each === raw.sort);
  if (sort && sort !== "newest") search.sort = sort;
  if (raw.view === "cards") search.view = "cards";
  return search;
}

function strings(value: unknown): string[] | undefined {
  const list = Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
  if (typeof value === "string" && value) list.push(value);
  return list.length > 0 ? list : undefined;
}
