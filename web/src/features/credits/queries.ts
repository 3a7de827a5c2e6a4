/** Credits: what there is, how more can be bought, and what was. */
import { queryOptions } from "@tanstack/react-query";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";

export type Order = components["schemas"]["OrderData"];

export const creditsQuery = queryOptions({
  queryKey: ["credits"],
  queryFn: async ({ signal }) => (await taken(client.GET("/api/v1/credits", { signal }))).data,
});

export const optionsQuery = queryOptions({
  queryKey: ["payments", "options"],
  queryFn: ({ signal }) => taken(client.GET("/api/app/payments/options", { signal })),
});

export const ordersQuery = queryOptions({
  queryKey: ["payments", "orders"],
  queryFn: async ({ signal }): Promise<Order[]> =>
    (await taken(client.GET("/api/app/payments/orders", { params: { query: { limit: 50 } }, signal }))).data,
});

export const receiptsQuery = queryOptions({
  queryKey: ["payments", "receipts"],
  queryFn: ({ signal }) => taken(client.GET("/api/app/payments/receipts", { signal })),
});
