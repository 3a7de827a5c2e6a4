/** One generation, and what its charge was made of. */
import { queryOptions } from "@tanstack/react-query";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";

export type Generation = components["schemas"]["GenerationData"];

export interface Cost {
  lines: { component: string; units: number; price: string; amount: string }[];
  factor: string;
  discount: string;
  adjustment: string;
  total: string;
}

/** How the request was routed, as the gateway noted it. */
export interface Trace {
  requested?: string;
  plan?: Step[];
  attempts?: Attempt[];
  /** How long each step took. */
  milliseconds?: Partial<Record<"read" | "plan" | "hold" | "upstream", number>>;
  guardrails?: { applied?: { id: string; name: string }[] };
}

export interface Step {
  model: string;
  endpoint: string;
  position?: number;
  removed?: string;
  price?: number;
  weight?: number;
  standing?: string;
  notes?: string[];
}

export interface Attempt {
  endpoint: string;
  provider: string;
  model: string;
  status: number;
  fault?: string | null;
  /** The name of the key that was shown, where the provider has several. */
  key?: string | null;
  milliseconds: number;
  started_ms?: number;
}

export function generationQuery(id: string) {
  return queryOptions({
    queryKey: ["generation", id],
    queryFn: async ({ signal }): Promise<Generation> =>
      (await taken(client.GET("/api/v1/generation", { params: { query: { id } }, signal }))).data,
    staleTime: 300_000,
  });
}

export function costQuery(id: string) {
  return queryOptions({
    queryKey: ["generation-cost", id],
    queryFn: async ({ signal }): Promise<Cost> => {
      const answer = await taken(
        client.GET("/api/v1/generation/cost", { params: { query: { id } }, signal }),
      );
      return (answer as { data: Cost }).data;
    },
    staleTime: 300_000,
  });
}
