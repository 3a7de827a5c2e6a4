/** What the addresses of `/apps` and of an app's page say. */

export const SPANS = ["day", "week", "month"] as const;
export type Span = (typeof SPANS)[number];
export const GROUPS = ["coding", "creative", "productivity", "entertainment"] as const;
export type Group = (typeof GROUPS)[number];
export const SORTS = ["popular", "trending"] as const;
export type Sort = (typeof SORTS)[number];

export interface AppsSearch {
  span?: Span;
  group?: Group;
  category?: string;
  sort?: Sort;
  /** The app of this address, whose page is led to. */
  url?: string;
}

export function readAppsSearch(raw: Record<string, unknown>): AppsSearch {
  const search: AppsSearch = {};
  const span = SPANS.find((each) => each === raw.span);
  if (span && span !== "week") search.span = span;
  const group = GROUPS.find((each) => each === raw.group);
  if (group) search.group = group;
  if (typeof raw.category === "string" && /^[a-z-]{1,40}$/.test(raw.category)) search.category = raw.category;
  if (raw.sort === "trending") search.sort = "trending";
  if (typeof raw.url === "string" && raw.url) search.url = raw.url.slice(0, 2000);
  return search;
}

export interface AppSearch {
  span?: Span;
}

export function readAppSearch(raw: Record<string, unknown>): AppSearch {
  const span = SPANS.find((each) => each === raw.span);
  return span && span !== "month" ? { span } : {};
}
