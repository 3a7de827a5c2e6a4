/** What the page of own provider keys asks the server. */
import { queryOptions } from "@tanstack/react-query";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";

export type OwnKey = components["schemas"]["OwnKeyData"];
export type Change = components["schemas"]["OwnKeyChange"];

export const ownKeysQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["byok", workspace],
    queryFn: async ({ signal }): Promise<OwnKey[]> => {
      const query = { limit: 100, workspace_id: workspace };
      return (await taken(client.GET("/api/v1/byok", { params: { query }, signal }))).data;
    },
  });

export const change = (id: string, body: Change) =>
  taken(client.PATCH("/api/v1/byok/{id}", { params: { path: { id } }, body }));

/** The keys of one's provider, in the order they are tried in. */
export function beside(rows: readonly OwnKey[], key: OwnKey): OwnKey[] {
  return rows.filter(({ provider }) => provider === key.provider);
}

/** Puts a key a place up or down among its provider's: whichever stands elsewhere then is told its number. */
export async function move(rows: readonly OwnKey[], key: OwnKey, by: 1 | -1): Promise<void> {
  const order = beside(rows, key);
  const from = order.findIndex(({ id }) => id === key.id);
  const other = order[from + by];
  if (!other) return;
  order[from + by] = key;
  order[from] = other;
  for (const [place, { id, sort_order }] of order.entries()) {
    if (sort_order !== place) await change(id, { sort_order: place });
  }
}
