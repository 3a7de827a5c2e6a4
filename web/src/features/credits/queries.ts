/** Credits: what there is, how more can be bought, what was, and the account's own books. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";

export type Order = components["schemas"]["OrderData"];
export type Options = components["schemas"]["Options"];
export type Profile = components["schemas"]["ProfileData"];
export type LowBalance = components["schemas"]["LowBalanceShown"];
export type Auto = components["schemas"]["AutoData"];

export const creditsQuery = queryOptions({
  queryKey: ["credits"],
  queryFn: async ({ signal }) => (await taken(client.GET("/api/v1/credits", { signal }))).data,
});

export const optionsQuery = queryOptions({
  queryKey: ["payments", "options"],
  queryFn: ({ signal }) => taken(client.GET("/api/app/payments/options", { signal })),
});

export const lotsQuery = queryOptions({
  queryKey: ["payments", "lots"],
  queryFn: ({ signal }) => taken(client.GET("/api/app/payments/lots", { signal })),
});

export const ordersQuery = infiniteQueryOptions({
  queryKey: ["payments", "orders"],
  queryFn: ({ pageParam, signal }) =>
    taken(
      client.GET("/api/app/payments/orders", {
        params: { query: { limit: 20, before: pageParam } },
        signal,
      }),
    ),
  initialPageParam: null as string | null,
  getNextPageParam: ({ next }) => next,
});

export function orderQuery(id: string) {
  return queryOptions({
    queryKey: ["payments", "order", id],
    queryFn: ({ signal }) =>
      taken(
        client.GET("/api/app/payments/orders/{order_id}", { params: { path: { order_id: id } }, signal }),
      ),
  });
}

export const transactionsQuery = infiniteQueryOptions({
  queryKey: ["payments", "transactions"],
  queryFn: ({ pageParam, signal }) =>
    taken(
      client.GET("/api/app/payments/transactions", {
        params: { query: { limit: 20, before: pageParam } },
        signal,
      }),
    ),
  initialPageParam: null as number | null,
  getNextPageParam: ({ next }) => next,
});

export const receiptsQuery = queryOptions({
  queryKey: ["payments", "receipts"],
  queryFn: ({ signal }) => taken(client.GET("/api/app/payments/receipts", { signal })),
});

export const autoQuery = queryOptions({
  queryKey: ["payments", "auto"],
  queryFn: ({ signal }) => taken(client.GET("/api/app/payments/auto", { signal })),
});

/** Below which balance the account is told. */
export const lowBalanceQuery = queryOptions({
  queryKey: ["notices", "low-balance"],
  queryFn: async ({ signal }) => (await taken(client.GET("/api/app/notices/low-balance", { signal }))).data,
});

export const profileQuery = queryOptions({
  queryKey: ["payments", "profile"],
  queryFn: ({ signal }) => taken(client.GET("/api/app/payments/profile", { signal })),
});

export const monthsQuery = queryOptions({
  queryKey: ["payments", "months"],
  queryFn: ({ signal }) => taken(client.GET("/api/app/payments/statements", { signal })),
});

export function statementQuery(month: string) {
  return queryOptions({
    queryKey: ["payments", "statement", month],
    queryFn: ({ signal }) =>
      taken(client.GET("/api/app/payments/statements/{month}", { params: { path: { month } }, signal })),
  });
}
