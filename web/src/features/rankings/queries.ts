/** Rankings of a day, a week or a month. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";

export type Rankings = components["schemas"]["UseRankings"];

export const SPANS = ["day", "week", "month"] as const;
export type Span = (typeof SPANS)[number];

export function rankingsQuery(span: Span) {
  return queryOptions({
    queryKey: ["rankings", span],
    queryFn: ({ signal }): Promise<Rankings> =>
      taken(client.GET("/api/app/rankings", { params: { query: { span, limit: 50 } }, signal })),
    staleTime: 60_000,
    // The old figures stay until the new ones are there: nothing jumps.
    placeholderData: keepPreviousData,
  });
}
