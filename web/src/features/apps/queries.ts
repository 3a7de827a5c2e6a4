/** Apps that said who they are: the list, a page at a time, and one of them. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";
import type { AppsSearch, Span } from "./search";

export type Apps = components["schemas"]["UseApps"];
export type AppPage = components["schemas"]["UseAppPage"];

const PAGE = 50;

export function appsQuery({ span = "week", sort = "popular", group, category, url }: AppsSearch) {
  return infiniteQueryOptions({
    queryKey: ["apps", span, sort, group, category, url],
    queryFn: ({ pageParam, signal }): Promise<Apps> =>
      taken(
        client.GET("/api/app/apps", {
          params: { query: { span, sort, group, category, url, limit: PAGE, offset: pageParam } },
          signal,
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: ({ total }, pages) => (pages.length * PAGE < total ? pages.length * PAGE : undefined),
    staleTime: 60_000,
    // The old rows stay until the new ones are there: nothing jumps.
    placeholderData: keepPreviousData,
  });
}

export function appQuery(id: string, span: Span) {
  return queryOptions({
    queryKey: ["app", id, span],
    queryFn: ({ signal }): Promise<AppPage> =>
      taken(
        client.GET("/api/app/apps/{app_id}", {
          params: { path: { app_id: Number(id) }, query: { span } },
          signal,
        }),
      ),
    staleTime: 60_000,
    placeholderData: (before) => (String(before?.id) === id ? before : undefined),
  });
}
