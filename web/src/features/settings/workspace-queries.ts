/** What the pages of workspaces ask the server. */
import { queryOptions } from "@tanstack/react-query";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";

export type Workspace = components["schemas"]["WorkspaceData"];
export type Budget = components["schemas"]["BudgetData"];

export const SORTS = ["price", "throughput", "latency", "exacto"] as const;
export const INTERVALS = ["daily", "weekly", "monthly", "lifetime"] as const;
export type Interval = (typeof INTERVALS)[number];

export const workspacesQuery = queryOptions({
  queryKey: ["workspaces"],
  queryFn: async ({ signal }): Promise<Workspace[]> => {
    const query = { limit: 100 };
    return (await taken(client.GET("/api/v1/workspaces", { params: { query }, signal }))).data;
  },
});

export const workspaceQuery = (ref: string) =>
  queryOptions({
    queryKey: ["workspaces", ref],
    queryFn: async ({ signal }): Promise<Workspace> =>
      (await taken(client.GET("/api/v1/workspaces/{ref}", { params: { path: { ref } }, signal }))).data,
  });

export const budgetsQuery = (ref: string) =>
  queryOptions({
    queryKey: ["workspaces", ref, "budgets"],
    queryFn: ({ signal }) =>
      taken(client.GET("/api/v1/workspaces/{ref}/budgets", { params: { path: { ref } }, signal })),
  });

export const workspaceMembersQuery = (ref: string) =>
  queryOptions({
    queryKey: ["workspaces", ref, "members"],
    queryFn: async ({ signal }) => {
      const params = { path: { ref }, query: { limit: 100 } };
      return (await taken(client.GET("/api/v1/workspaces/{ref}/members", { params, signal }))).data;
    },
  });

/** A slug made of a name: what is typed in Chinese has none of its own, and gets one to be changed. */
export function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 50);
  return slug || (name.trim() ? "workspace" : "");
}
