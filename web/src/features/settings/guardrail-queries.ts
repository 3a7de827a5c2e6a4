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
export const SCOPES = ["all_messages", "user_only"] as const;
export const REGIONS = ["global", "europe", "us"] as const;
/** Where requests to this server arrive. */
export const HERE = "global";
export const ZDR_OF = ["anthropic", "openai", "google", "xai", "other"] as const;
/** Each refuses something when it is false. */
export const REFUSALS = [
  "enable_paid_model_training",
  "enable_free_model_training",
  "enable_free_model_publication",
  "allow_safety_retention_google",
  "allow_safety_retention_other",
] as const;

/** A part of the form: what is typed so far, and how to change it. */
export interface Part {
  draft: Change;
  set: (part: Partial<Change>) => void;
}

export function isDetector(slug: unknown): slug is (typeof DETECTORS)[number] {
  return DETECTORS.some((each) => each === slug);
}

/** The built-in filters of a guardrail, as far as this app knows them. */
export function builtinsOf(guardrail: Guardrail): Builtin[] {
  return (guardrail.content_filter_builtins ?? []).flatMap(({ slug, action, scan_scope }) => {
    const known = ACTIONS.find((each) => each === action);
    const scope = SCOPES.find((each) => each === scan_scope) ?? null;
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

/** What may be saved: a draft of what a guardrail says. */
export function draftOf(guardrail: Guardrail): Change {
  const { id, workspace_id, created_at, updated_at, allowed_data_regions, ...said } = guardrail;
  return {
    ...said,
    content_filter_builtins: builtinsOf(guardrail),
    allowed_data_regions: REGIONS.filter((each) => allowed_data_regions?.includes(each)),
  };
}

/** A draft as the server takes it; empty lists say nothing. A name that is the same is not sent: a default one's can't be. */
export function bodyOf(draft: Change, before: Guardrail): Change {
  const none = <T>(list: T[] | null | undefined) => (list?.length ? list : null);
  const { name, ...said } = draft;
  return {
    ...said,
    ...(name !== before.name && { name: name?.trim() }),
    description: draft.description?.trim() || null,
    allowed_models: none(draft.allowed_models),
    ignored_models: none(draft.ignored_models),
    allowed_providers: none(draft.allowed_providers),
    ignored_providers: none(draft.ignored_providers),
    allowed_data_regions: none(draft.allowed_data_regions),
    content_filters: none(draft.content_filters),
    content_filter_builtins: none(draft.content_filter_builtins),
    // The two go together.
    reset_interval: draft.limit_usd === null ? null : (draft.reset_interval ?? "monthly"),
  };
}

const PAGE = 100;

/** Every key of the account, for fields that keys are chosen in; those that are off as well. */
export const keyNamesQuery = queryOptions({
  queryKey: ["keys", "names"],
  queryFn: async ({ signal }) => {
    const found: { value: string; label: string }[] = [];
    for (;;) {
      const query = { offset: found.length, include_disabled: true, include_expired: true };
      const { data } = await taken(client.GET("/api/v1/keys", { params: { query }, signal }));
      found.push(...data.map(({ hash, name, label }) => ({ value: hash, label: `${name} (${label})` })));
      if (data.length < PAGE) return found;
    }
  },
});
