/** What the pages of presets ask the server. */
import { queryOptions } from "@tanstack/react-query";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";

export type Preset = components["schemas"]["PresetInUse"];
export type Version = components["schemas"]["PresetVersion"];

export const presetsQuery = queryOptions({
  queryKey: ["presets"],
  queryFn: async ({ signal }) => {
    const query = { limit: 100 };
    return (await taken(client.GET("/api/v1/presets", { params: { query }, signal }))).data;
  },
});

export const presetQuery = (slug: string) =>
  queryOptions({
    queryKey: ["presets", slug],
    queryFn: async ({ signal }): Promise<Preset> =>
      (await taken(client.GET("/api/v1/presets/{slug}", { params: { path: { slug } }, signal }))).data,
  });

export const versionsQuery = (slug: string) =>
  queryOptions({
    queryKey: ["presets", slug, "versions"],
    queryFn: async ({ signal }): Promise<Version[]> => {
      const params = { path: { slug }, query: { limit: 100 } };
      const { data } = await taken(client.GET("/api/v1/presets/{slug}/versions", { params, signal }));
      return data.reverse();
    },
  });
