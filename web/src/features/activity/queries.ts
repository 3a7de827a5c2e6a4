/** An account's use: its sums over time, its log, and the keys it may be filtered by. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";
import { type ActivitySearch, daysOf, type Group, type Period } from "./search";
import { type Point, unitOf } from "./series";

export type Row = components["schemas"]["UseRow"];

export function seriesQuery(period: Period, by: Group) {
  return queryOptions({
    queryKey: ["activity", "series", period, by],
    queryFn: async ({ signal }): Promise<Point[]> => {
      const query = { ...daysOf(period), unit: unitOf(period), by };
      return (await taken(client.GET("/api/app/usage/series", { params: { query }, signal }))).data;
    },
    placeholderData: keepPreviousData,
  });
}

export const keysQuery = queryOptions({
  queryKey: ["activity", "keys"],
  queryFn: async ({ signal }) =>
    (
      await taken(
        client.GET("/api/v1/keys", {
          params: { query: { include_disabled: true, include_expired: true } },
          signal,
        }),
      )
    ).data,
  staleTime: 60_000,
});

/** What the log is asked for, as its address has it. */
export function logFilters(search: ActivitySearch) {
  const { model, provider, key, app, status } = search;
  return { ...daysOf(search.period ?? "month"), model, provider, key, app, status };
}

export function logQuery(search: ActivitySearch) {
  const filters = logFilters(search);
  return infiniteQueryOptions({
    queryKey: ["activity", "log", filters],
    queryFn: ({ signal, pageParam }) =>
      taken(
        client.GET("/api/app/generations", {
          params: { query: { ...filters, limit: 50, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.cursor ?? undefined,
  });
}

export function csvAddress(search: ActivitySearch): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(logFilters(search))) if (value) query.set(name, value);
  return `/api/app/generations.csv?${query}`;
}
