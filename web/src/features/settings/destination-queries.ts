/** What the pages of observability destinations ask the server, and the kinds there are. */
import { queryOptions } from "@tanstack/react-query";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";

export type Destination = components["schemas"]["DestinationData"];
export type Change = components["schemas"]["DestinationChange"];
export type Rules = components["schemas"]["FilterRules"];
export type Group = components["schemas"]["FilterGroup"];
export type Rule = components["schemas"]["FilterRule"];
export type Config = Partial<Record<Name, string>>;

export const destinationsQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["destinations", "of", workspace],
    queryFn: async ({ signal }): Promise<Destination[]> => {
      const query = { limit: 100, workspace_id: workspace };
      return (await taken(client.GET("/api/v1/observability/destinations", { params: { query }, signal })))
        .data;
    },
  });

export const destinationQuery = (id: string) =>
  queryOptions({
    queryKey: ["destinations", id],
    queryFn: async ({ signal }): Promise<Destination> =>
      (
        await taken(
          client.GET("/api/v1/observability/destinations/{id}", { params: { path: { id } }, signal }),
        )
      ).data,
  });

/** What each kind wants to know; what is hidden is typed like a password. */
export const KINDS = {
  webhook: ["url", "method", "signingSecret"],
  "otel-collector": ["endpoint"],
  langfuse: ["publicKey", "secretKey", "baseUrl"],
  s3: [
    "bucketName",
    "region",
    "endpoint",
    "accessKeyId",
    "secretAccessKey",
    "sessionToken",
    "prefix",
    "pathTemplate",
  ],
} as const;
export type Kind = keyof typeof KINDS;
export type Name = (typeof KINDS)[Kind][number];
export const HIDDEN: readonly Name[] = ["signingSecret", "secretKey", "secretAccessKey", "sessionToken"];
/** What is chosen from a few words; the first is what is meant where none is named. */
export const CHOICES: Partial<Record<Name, readonly string[]>> = { method: ["POST", "PUT"] };
const OPTIONAL: readonly Name[] = [
  "method",
  "signingSecret",
  "baseUrl",
  "region",
  "endpoint",
  "sessionToken",
  "prefix",
  "pathTemplate",
];
/** What the server shows in place of a secret; given back, the secret stays. */
const STAYS = "********";

export function kindOf(type: string): Kind {
  return type in KINDS ? (type as Kind) : "webhook";
}

export function isRequired(kind: Kind, name: Name): boolean {
  return kind === "otel-collector" || !OPTIONAL.includes(name);
}

/** What of a configuration can be shown in a form: everything but secrets. */
export function shownOf({ type, config }: Destination): Config {
  const shown: Config = {};
  for (const name of KINDS[kindOf(type)]) {
    const value = config[name];
    if (typeof value === "string" && !HIDDEN.includes(name)) shown[name] = value;
  }
  return shown;
}

/** Headers as they are typed, a line each; their values are secrets, and stay while they are not typed anew. */
export function linesOf({ config: { headers } }: Destination): string {
  return Object.keys(headers && typeof headers === "object" ? headers : {})
    .map((name) => `${name}: ${STAYS}`)
    .join("\n");
}

/** Null for lines that are no headers. */
export function headersOf(lines: string): Record<string, string> | null {
  const headers: Record<string, string> = {};
  for (const line of lines.split("\n")) {
    if (!line.trim()) continue;
    const [, name, value] = /^\s*([A-Za-z0-9-]+)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return null;
    headers[name] = value;
  }
  return headers;
}

/** A configuration as it is sent. Of an existing one, secrets that nothing is typed for stay, and so does what has no field. */
export function configOf(kind: Kind, typed: Config, lines: string, before?: Destination): Change["config"] {
  const config: Record<string, unknown> = { ...before?.config };
  for (const name of KINDS[kind]) {
    const value = typed[name]?.trim();
    if (value) config[name] = value;
    else if (!HIDDEN.includes(name)) delete config[name];
  }
  return { ...config, headers: headersOf(lines) ?? {} };
}

export const FIELDS = [
  "model",
  "provider",
  "api_key_name",
  "user_id",
  "session_id",
  "finish_reason",
  "input",
  "output",
  "total_cost",
  "total_tokens",
  "prompt_tokens",
  "completion_tokens",
] as const satisfies Rule["field"][];
const FIGURES: readonly Rule["field"][] = [
  "total_cost",
  "total_tokens",
  "prompt_tokens",
  "completion_tokens",
];
const OF_TEXTS = [
  "equals",
  "not_equals",
  "contains",
  "not_contains",
  "starts_with",
  "ends_with",
  "regex",
  "exists",
  "not_exists",
] as const satisfies Rule["operator"][];
const OF_FIGURES = ["gte", "lte", "gt", "lt", "equals", "not_equals"] as const satisfies Rule["operator"][];

/** How a field can be compared. */
export function operatorsOf(field: Rule["field"]): readonly Rule["operator"][] {
  return FIGURES.includes(field) ? OF_FIGURES : OF_TEXTS;
}

export function wantsValue(operator: Rule["operator"]): boolean {
  return operator !== "exists" && operator !== "not_exists";
}

/** Rules as they are sent: null where there are none. */
export function rulesOf(rules: Rules | null): Rules | null {
  const groups = (rules?.groups ?? []).filter((group) => group.rules.length > 0);
  return rules && groups.length > 0 ? { ...rules, groups } : null;
}
