/** What the pages of guardrails ask the server. */
import { queryOptions } from "@tanstack/react-query";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";

export type Guardrail = components["schemas"]["GuardrailData"];
export type Custom = components["schemas"]["CustomEntry"];
export type Builtin = components["schemas"]["BuiltinEntry"];
export type Change = components["schemas"]["GuardrailChange"];

export const ACTIONS = ["redact", "block", "flag"] as const;
export const DETECTORS = [
  "email",
  "phone",
  "ssn",
  "credit-card",
  "ip-address",
  "secrets",
  "person-name",
  "address",
  "regex-prompt-injection",
] as const;
export const RESETS = ["daily", "weekly", "monthly"] as const;

export function isDetector(slug: unknown): slug is (typeof DETECTORS)[number] {
  return DETECTORS.some((each) => each === slug);
}

/** The built-in filters of a guardrail, as far as this app knows them. */
export function builtinsOf(guardrail: Guardrail): Builtin[] {
  return (guardrail.content_filter_builtins ?? []).flatMap(({ slug, action, scan_scope }) => {
    const known = ACTIONS.find((each) => each === action);
    const scope = scan_scope === "user_only" || scan_scope === "all_messages" ? scan_scope : null;
    return isDetector(slug) && known ? [{ slug, action: known, scan_scope: scope }] : [];
  });
}

export const guardrailsQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["guardrails", "of", workspace],
    queryFn: async ({ signal }): Promise<Guardrail[]> => {
      const query = { limit: 100, workspace_id: workspace };
      return (await taken(client.GET("/api/v1/guardrails", { params: { query }, signal }))).data;
    },
  });

export const guardrailQuery = (guardrail_id: string) =>
  queryOptions({
    queryKey: ["guardrails", guardrail_id],
    queryFn: async ({ signal }): Promise<Guardrail> =>
      (
        await taken(
          client.GET("/api/v1/guardrails/{guardrail_id}", { params: { path: { guardrail_id } }, signal }),
        )
      ).data,
  });

export const assignedQuery = (guardrail_id: string) =>
  queryOptions({
    queryKey: ["guardrails", guardrail_id, "assigned"],
    queryFn: async ({ signal }) => {
      const params = { path: { guardrail_id }, query: { limit: 100 } };
      const [keys, members] = await Promise.all([
        taken(client.GET("/api/v1/guardrails/{guardrail_id}/assignments/keys", { params, signal })),
        taken(client.GET("/api/v1/guardrails/{guardrail_id}/assignments/members", { params, signal })),
      ]);
      return {
        keys: keys.data.map(({ key_hash }) => key_hash),
        members: members.data.map(({ user_id }) => user_id),
      };
    },
  });

export const keyNamesQuery = queryOptions({
  queryKey: ["keys", "names"],
  queryFn: async ({ signal }) =>
    (await taken(client.GET("/api/v1/keys", { params: { query: {} }, signal }))).data.map(
      ({ hash, name, label }) => ({ value: hash, label: `${name} (${label})` }),
    ),
});
