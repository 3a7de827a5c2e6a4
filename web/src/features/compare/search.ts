/** What the address of `/compare` says: which models. */

export const MOST = 4;

export interface CompareSearch {
  models?: string[];
}

export function readCompareSearch(raw: Record<string, unknown>): CompareSearch {
  const given = typeof raw.models === "string" ? raw.models.split(",") : raw.models;
  const models = Array.isArray(given)
    ? [...new Set(given.filter((each): each is string => typeof each === "string" && each !== ""))].slice(
        0,
        MOST,
      )
    : [];
  return models.length > 0 ? { models } : {};
}
