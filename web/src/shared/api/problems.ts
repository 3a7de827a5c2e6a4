/** What an error of the server's is about, by the words it has for programs. */
import type { ApiError } from "./client";

/** Why a field can't be as it is. */
export type Kind =
  | "missing"
  | "too_short"
  | "too_long"
  | "too_few"
  | "too_many"
  | "above"
  | "least"
  | "below"
  | "most"
  | "between"
  | "number"
  | "choice"
  | "time"
  | "form"
  | "mismatch"
  | "unknown"
  | "value";

export interface FieldFault {
  name: string;
  kind: Kind;
  bounds: { least?: number | string; most?: number | string };
}

/** The chat path tells of limits in the reference's words. */
const LIMITS: Record<string, string> = {
  openrouter_credits: "not_enough",
  openrouter_in_flight_budget: "in_flight",
  openrouter_workspace_budget: "budget_exceeded",
  openrouter_guardrail_budget: "budget_exceeded",
  openrouter_key_rate_limit: "key_too_fast",
  openrouter_key_concurrency: "key_too_fast",
  openrouter_free_tier_daily: "free_tier_exhausted",
  openrouter_free_tier_minute: "free_tier_exhausted",
  modelport_guests: "guests_exhausted",
};

export function problemOf({ status, metadata }: ApiError): string | null {
  if (typeof metadata.problem === "string") return metadata.problem;
  const code = (metadata.availability as { code?: unknown } | undefined)?.code;
  if (typeof code === "string") return code;
  const source = metadata.limit_source;
  if (source === "openrouter_key_limit") {
    if (metadata.reason === "in_flight_budget_exhausted") return "key_limit_in_flight";
    return status === 403 ? "key_limit_exceeded" : "key_limit_tight";
  }
  return typeof source === "string" ? (LIMITS[source] ?? null) : null;
}

/** The server's words for faults of fields are its checking library's; these are their beginnings. */
const KINDS: [RegExp, Kind][] = [
  [/^string_too_short$/, "too_short"],
  [/^string_too_long$/, "too_long"],
  [/^too_short$/, "too_few"],
  [/^too_long$/, "too_many"],
  [/^greater_than$/, "above"],
  [/^greater_than_equal$/, "least"],
  [/^less_than$/, "below"],
  [/^less_than_equal$/, "most"],
  [/^(int|float|decimal|finite_number)(_|$)/, "number"],
  [/^(literal_error|enum|bool_)/, "choice"],
  [/^(datetime|date|time|timezone)_/, "time"],
  [/^(string_|list_|dict_|model_|url_|json_)/, "form"],
  [/^extra_forbidden$/, "unknown"],
];

export function kindOf(word: string): Kind {
  if (word === "missing" || word === "mismatch" || word === "between" || word === "form") return word;
  return KINDS.find(([begins]) => begins.test(word))?.[1] ?? "value";
}

/** Numbers in lists, and the forms that a value may have. */
const NO_NAME = /^(\d+|int|float|str|bool|decimal|datetime|date|none|constrained-.*|.*\[.*)$/;

/** `bounds.models.0` is about `models`, `limit.int` about `limit`. */
function lastName(path: string): string {
  return path.split(".").findLast((part) => !NO_NAME.test(part)) ?? path;
}

export function fieldFaultsOf({ metadata }: ApiError): FieldFault[] {
  if (!Array.isArray(metadata.fields)) return [];
  const found = new Map<string, FieldFault>();
  for (const raw of metadata.fields as Record<string, number | string>[]) {
    const name = lastName(String(raw.name));
    // Of a value that may have several forms each says what it lacks: the first is told.
    if (found.has(name)) continue;
    const bounds = {
      least: raw.ge ?? raw.gt ?? raw.min_length,
      most: raw.le ?? raw.lt ?? raw.max_length,
    };
    found.set(name, { name, kind: kindOf(String(raw.kind)), bounds });
  }
  return [...found.values()];
}
