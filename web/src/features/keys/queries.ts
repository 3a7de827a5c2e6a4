/** API keys: a hundred at a time, newest first, with those that are off or expired. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";

export type Key = components["schemas"]["KeyMade"]["data"];
export type KeyMade = components["schemas"]["KeyMade"];

export const RESETS = ["daily", "weekly", "monthly"] as const;
const PAGE = 100;

export const keysQuery = infiniteQueryOptions({
  queryKey: ["keys"],
  queryFn: async ({ pageParam, signal }): Promise<Key[]> => {
    const query = { offset: pageParam, include_disabled: true, include_expired: true };
    return (await taken(client.GET("/api/v1/keys", { params: { query }, signal }))).data;
  },
  initialPageParam: 0,
  getNextPageParam: (last, pages) => (last.length < PAGE ? undefined : pages.length * PAGE),
});

/** What can be done with a key now. One that is both off and expired is off: that is what somebody decided. */
export function stateOf(key: Key): "active" | "disabled" | "expired" | "spent" {
  if (key.disabled) return "disabled";
  if (key.expires_at && new Date(key.expires_at) <= new Date()) return "expired";
  return key.limit_remaining === 0 ? "spent" : "active";
}

/** Where a key can belong; the default workspace first. */
export const workspaceNamesQuery = queryOptions({
  queryKey: ["workspaces", "names"],
  queryFn: async ({ signal }) =>
    (await taken(client.GET("/api/v1/workspaces", { params: { query: { limit: 100 } }, signal }))).data,
});
