/** The catalogue: every model that can be called now, and what serves each. */
import { queryOptions } from "@tanstack/react-query";
import { client, taken } from "./client";
import type { components, paths } from "./schema";

type Pricing = components["schemas"]["PublicPricing"];
/** Priced as the account looked at is charged; where that is not what everybody pays, `usual` is. */
type Priced<T> = T & { usual?: Pricing };
export type Model = Priced<components["schemas"]["Model"]>;
export type Endpoint = Priced<components["schemas"]["PublicEndpoint"]>;
export type Provider =
  paths["/api/v1/providers"]["get"]["responses"][200]["content"]["application/json"]["data"][number];

export type MarketModel = components["schemas"]["MarketModel"];
export type ModelMarket = components["schemas"]["ModelMarket"];

/** By model, what the account pays where it has prices of its own; nothing for who is not signed in. */
const ownPricesQuery = queryOptions({
  queryKey: ["own-prices"],
  queryFn: async ({ signal }) => (await taken(client.GET("/api/app/prices", { signal }))).data,
  staleTime: 60_000,
});

function priced<T extends { pricing: Pricing }>(of: T, own: Pricing | undefined): Priced<T> {
  return own ? { ...of, pricing: own, usual: of.pricing } : of;
}

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  queryFn: async ({ signal, client: queries }): Promise<Model[]> => {
    const query = { output_modalities: "all" } as const;
    const [answer, own] = await Promise.all([
      taken(client.GET("/api/v1/models", { params: { query }, signal })),
      queries.fetchQuery(ownPricesQuery),
    ]);
    return answer.data.map((model) => priced(model, own[model.id]));
  },
  staleTime: 60_000,
});

/** Those of them that the account's preferences and guardrails leave; never kept long, as these are changed beside it. */
export const myModelsQuery = queryOptions({
  queryKey: ["models", "mine"],
  queryFn: async ({ signal, client: queries }): Promise<Model[]> => {
    const query = { output_modalities: "all" } as const;
    const [answer, own] = await Promise.all([
      taken(client.GET("/api/v1/models/user", { params: { query }, signal })),
      queries.fetchQuery(ownPricesQuery),
    ]);
    return answer.data.map((model) => priced(model, own[model.id]));
  },
  staleTime: 0,
});

/** What the account has set for all its keys and members. */
export const accountSettingsQuery = queryOptions({
  queryKey: ["account-settings"],
  queryFn: async ({ signal }) => (await taken(client.GET("/api/v1/organization/settings", { signal }))).data,
});

export const providersQuery = queryOptions({
  queryKey: ["providers"],
  queryFn: async ({ signal }): Promise<Provider[]> =>
    (await taken(client.GET("/api/v1/providers", { signal }))).data,
  staleTime: 300_000,
});

/** How the models do here: use, speed, who serves them, how they handle data. By model. */
export const marketQuery = queryOptions({
  queryKey: ["market"],
  queryFn: async ({ signal }): Promise<Market> => {
    const { models, providers } = await taken(client.GET("/api/app/market", { signal }));
    return { models: new Map(models.map((each) => [each.model, each])), providers };
  },
  staleTime: 60_000,
});

export interface Market {
  models: Map<string, MarketModel>;
  /** Names by slug. */
  providers: Record<string, string>;
}

export function modelMarketQuery(id: string, span: "week" | "month") {
  const [author = "", slug = ""] = splitId(id);
  return queryOptions({
    queryKey: ["model-market", id, span],
    queryFn: ({ signal }): Promise<ModelMarket> =>
      taken(
        client.GET("/api/app/models/{author}/{slug}/market", {
          params: { path: { author, slug }, query: { span } },
          signal,
        }),
      ),
    staleTime: 60_000,
  });
}

export function modelQuery(id: string) {
  const [author = "", slug = ""] = splitId(id);
  return queryOptions({
    queryKey: ["model", id],
    queryFn: async ({ signal, client: queries }): Promise<Model> => {
      const [{ data }, own] = await Promise.all([
        taken(client.GET("/api/v1/model/{author}/{slug}", { params: { path: { author, slug } }, signal })),
        queries.fetchQuery(ownPricesQuery),
      ]);
      return priced(data, own[data.id]);
    },
    staleTime: 60_000,
  });
}

export function endpointsQuery(id: string) {
  const [author = "", slug = ""] = splitId(id);
  return queryOptions({
    queryKey: ["endpoints", id],
    queryFn: async ({ signal }): Promise<Endpoint[]> => {
      const params = { path: { author, slug } };
      const [{ data }, own] = await Promise.all([
        taken(client.GET("/api/app/models/{author}/{slug}/endpoints", { params, signal })),
        taken(client.GET("/api/app/prices/{author}/{slug}", { params, signal })),
      ]);
      return data.endpoints.map((each) => priced(each, own.data[each.tag]));
    },
    staleTime: 30_000,
  });
}

export function splitId(id: string): [string, string] {
  const slash = id.indexOf("/");
  return slash < 0 ? ["", id] : [id.slice(0, slash), id.slice(slash + 1)];
}

export function authorOf(id: string): string {
  return splitId(id)[0];
}

export function isFree(model: Pick<Model, "pricing">): boolean {
  return Number(model.pricing.prompt) === 0 && Number(model.pricing.completion) === 0;
}

/** The name without the author that many catalogues put before it. */
export function shortName(model: Pick<Model, "name">): string {
  const colon = model.name.indexOf(": ");
  return colon > 0 ? model.name.slice(colon + 2) : model.name;
}
