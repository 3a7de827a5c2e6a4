/** What the address of the credits page says: which part is open, and how a payment that was begun elsewhere ended. */

export const TABS = ["add", "history", "billing"] as const;
export type Tab = (typeof TABS)[number];

export interface CreditsSearch {
  tab?: Tab;
  payment?: "success" | "canceled";
  order?: string;
}

export function readCreditsSearch(raw: Record<string, unknown>): CreditsSearch {
  const search: CreditsSearch = {};
  const tab = TABS.find((each) => each === raw.tab);
  if (tab && tab !== "add") search.tab = tab;
  if (raw.payment === "success" || raw.payment === "canceled") search.payment = raw.payment;
  if (typeof raw.order === "string" && /^\w{1,80}$/.test(raw.order)) search.order = raw.order;
  return search;
}
