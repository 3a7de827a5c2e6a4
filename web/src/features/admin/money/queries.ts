/** The operators' money: vouchers, everybody's orders, margins, and the daily books. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";
import type { MarginsSearch, OrdersSearch } from "./search";

export type Batch = components["schemas"]["BatchData"];
export type BatchMade = components["schemas"]["BatchMade"];
export type BuyerOrder = components["schemas"]["BuyerOrderData"];
export type Refund = components["schemas"]["RefundData"];
export type Report = components["schemas"]["ReportData"];
export type MarginLine = components["schemas"]["MarginLine"];
export type Policy = components["schemas"]["BuyerOrders"]["refund_if_spent"];

export const batchesQuery = queryOptions({
  queryKey: ["admin", "vouchers"],
  queryFn: ({ signal }) => taken(client.GET("/api/admin/vouchers", { signal })),
});

export function batchQuery(id: string) {
  return queryOptions({
    queryKey: ["admin", "vouchers", id],
    queryFn: ({ signal }) =>
      taken(client.GET("/api/admin/vouchers/{batch_id}", { params: { path: { batch_id: id } }, signal })),
  });
}

export const buyersOrdersKey = ["admin", "orders"] as const;

export function buyersOrdersQuery({ q, status, only }: OrdersSearch) {
  return infiniteQueryOptions({
    queryKey: [...buyersOrdersKey, q ?? "", status ?? "", only ?? ""],
    queryFn: ({ pageParam, signal }) =>
      taken(
        client.GET("/api/admin/payments/orders", {
          params: {
            query: {
              q,
              status,
              disputed: only === "disputed",
              refunded: only === "refunded",
              before: pageParam,
              limit: 25,
            },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });
}

export function refundsQuery(orderId: string) {
  return queryOptions({
    queryKey: [...buyersOrdersKey, "refunds", orderId],
    queryFn: ({ signal }) =>
      taken(
        client.GET("/api/admin/payments/orders/{order_id}/refunds", {
          params: { path: { order_id: orderId } },
          signal,
        }),
      ),
  });
}

export function eventsQuery(wanted: { order_id?: string; verdict?: "refused" }) {
  return queryOptions({
    queryKey: ["admin", "payment-events", wanted.order_id ?? "", wanted.verdict ?? ""],
    queryFn: ({ signal }) =>
      taken(client.GET("/api/admin/payments/events", { params: { query: wanted }, signal })),
  });
}

export function marginsQuery({ by = "day", since, until }: MarginsSearch) {
  return queryOptions({
    queryKey: ["admin", "margins", by, since ?? "", until ?? ""],
    queryFn: ({ signal }) =>
      taken(client.GET("/api/admin/margins", { params: { query: { by, since, until } }, signal })),
    placeholderData: (before) => (before?.by === by ? before : undefined),
  });
}

export function marginDaysQuery(by: "model" | "provider", since: string, until: string | undefined) {
  return queryOptions({
    queryKey: ["admin", "margins", "days", by, since, until ?? ""],
    queryFn: async ({ signal }) =>
      (
        await taken(
          client.GET("/api/admin/margins/days", { params: { query: { by, since, until } }, signal }),
        )
      ).data,
  });
}

export const reportsQuery = queryOptions({
  queryKey: ["admin", "reports"],
  queryFn: ({ signal }) => taken(client.GET("/api/admin/payments/reconciliations", { signal })),
});

export const processorsQuery = queryOptions({
  queryKey: ["admin", "processors"],
  queryFn: ({ signal }) => taken(client.GET("/api/admin/payments/processors", { signal })),
});
