/** What the operators' pages of the catalogue ask the server. */
import { queryOptions } from "@tanstack/react-query";
import { call, client, request, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";

type Schemas = components["schemas"];
export type ProviderState = Schemas["ProviderState"];
export type Difference = Schemas["Difference"];
export type Applied = Schemas["AppliedAnswer"];
export type Json = Record<string, unknown>;

export const providersQuery = queryOptions({
  queryKey: ["admin", "providers"],
  queryFn: async ({ signal }): Promise<ProviderState[]> =>
    (await taken(client.GET("/api/admin/catalog/providers", { signal }))).data,
});

/** A provider or model as a catalogue file says it, and the mark of the state it was read in. */
export interface Item {
  value: Json;
  mark: string;
}

type Kind = "providers" | "models";

async function readItem(kind: Kind, name: string, signal?: AbortSignal): Promise<Item> {
  const answer = await request("GET", `/api/admin/catalog/${kind}/${name}`, { signal });
  return { value: (await answer.json()) as Json, mark: answer.headers.get("etag") ?? "*" };
}

export const itemQuery = (kind: Kind, name: string) =>
  queryOptions({
    queryKey: ["admin", "catalog", kind, name],
    queryFn: ({ signal }) => readItem(kind, name, signal),
    // What is being edited must not change under the editor's hands.
    refetchOnWindowFocus: false,
    staleTime: 60_000,
    retry: false,
  });

/** What putting this in its place would change; nothing is written. */
export function previewItem(kind: Kind, value: Json): Promise<Applied> {
  return call("POST", "/api/admin/catalog/preview", { body: { [kind]: [value] } });
}

/** Puts it in its place, if that is still in the state it was read in. */
export function putItem(kind: Kind, name: string, value: Json, mark: string): Promise<Applied> {
  return call("PUT", `/api/admin/catalog/${kind}/${name}`, { body: value, headers: { "if-match": mark } });
}

export const pricesQuery = (author: string, slug: string) =>
  queryOptions({
    queryKey: ["admin", "catalog", "prices", author, slug],
    queryFn: async ({ signal }) =>
      (
        await taken(
          client.GET("/api/admin/catalog/models/{author}/{slug}/prices", {
            params: { path: { author, slug } },
            signal,
          }),
        )
      ).data,
  });

export const healthQuery = queryOptions({
  queryKey: ["admin", "health"],
  queryFn: ({ signal }) => taken(client.GET("/api/admin/health", { signal })),
  refetchInterval: 10_000,
});

export const mailQuery = queryOptions({
  queryKey: ["admin", "mail"],
  queryFn: ({ signal }) => taken(client.GET("/api/admin/mail", { signal })),
});
