/** The names providers are called by in requests. */
import { queryOptions } from "@tanstack/react-query";
import { client, taken } from "./client";

export const providerNamesQuery = queryOptions({
  queryKey: ["providers", "names"],
  queryFn: async ({ signal }) =>
    (await taken(client.GET("/api/v1/providers", { signal }))).data.map(({ slug }) => slug),
  staleTime: 300_000,
});
