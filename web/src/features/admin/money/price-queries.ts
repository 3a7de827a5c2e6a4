/** The operator's mark-ups and discounts, the groups they are for, and what a model costs somebody. */
import { queryOptions } from "@tanstack/react-query";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";
import { shiftPoint } from "@/shared/lib/decimal";

export type PriceRule = components["schemas"]["PriceRuleData"];
export type PriceRuleBody = components["schemas"]["PriceRule"];
export type PriceQuote = components["schemas"]["PriceQuote"];

/** Everything that a rule or a group changes lies under it. */
export const pricingKey = ["admin", "pricing"] as const;

export const rulesQuery = queryOptions({
  queryKey: [...pricingKey, "rules"],
  queryFn: async ({ signal }) => (await taken(client.GET("/api/admin/pricing/rules", { signal }))).data,
});

export const groupsQuery = queryOptions({
  queryKey: [...pricingKey, "groups"],
  queryFn: async ({ signal }) => (await taken(client.GET("/api/admin/pricing/groups", { signal }))).data,
});

export function quoteQuery(model: string, group: string | null) {
  return queryOptions({
    queryKey: [...pricingKey, "quote", model, group],
    queryFn: async ({ signal }) =>
      (await taken(client.GET("/api/admin/pricing/quote", { params: { query: { model, group } }, signal })))
        .data,
    enabled: model !== "",
    retry: false,
  });
}

/** `0.2` as it is read: `20%`. */
export function asPercent(part: string | null | undefined): string {
  return part ? `${shiftPoint(part, 2) ?? part}%` : "—";
}
