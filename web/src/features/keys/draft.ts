/** A key as it is written down in a form: of a new one, or of one that there is, to be changed. */
import { type Key, RESETS } from "./queries";

export type Amount = number | string;
const DAYS = { week: 7, month: 30, quarter: 90, year: 365 };
export const LIVES = ["never", "week", "month", "quarter", "year", "day"] as const;
type Life = (typeof LIVES)[number];

export const NEW = {
  name: "",
  limit: "" as Amount,
  reset: "never" as (typeof RESETS)[number] | "never",
  life: "never" as Life,
  day: "",
  requests: "" as Amount,
  tokens: "" as Amount,
  concurrency: "" as Amount,
  models: [] as string[],
  addresses: [] as string[],
  management: false,
  workspace: null as string | null,
};
export type Draft = typeof NEW;
export type SetDraft = (part: Partial<Draft>) => void;

/** What a key is now. */
export function draftOf(key: Key): Draft {
  return {
    name: key.name,
    limit: key.limit ?? "",
    reset: RESETS.find((each) => each === key.limit_reset) ?? "never",
    life: key.expires_at ? "day" : "never",
    day: key.expires_at ? dayOf(new Date(key.expires_at)) : "",
    requests: key.requests_per_minute ?? "",
    tokens: key.tokens_per_minute ?? "",
    concurrency: key.max_concurrency ?? "",
    models: key.allowed_models,
    addresses: key.allowed_addresses,
    management: key.is_management_key,
    workspace: key.workspace_id,
  };
}

/** Whether anything of what is folded away at first is set. */
export function isBound({ requests, tokens, concurrency, models, addresses }: Draft): boolean {
  return [requests, tokens, concurrency].some((each) => each !== "") || models.length + addresses.length > 0;
}

export function bodyOf(draft: Draft) {
  return {
    ...settingsOf(draft),
    include_byok_in_limit: false,
    management: draft.management,
    workspace_id: draft.workspace,
  };
}

/** Only what is different now: an expiry that nobody touched keeps its minute, a limit its own reckoning. */
export function changeOf(key: Key, draft: Draft) {
  const before = settingsOf(draftOf(key));
  const after = settingsOf(draft);
  const names = Object.keys(after) as (keyof typeof after)[];
  const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  const part: Partial<typeof after> = Object.fromEntries(changed.map((name) => [name, after[name]]));
  return { ...part, include_byok_in_limit: key.include_byok_in_limit };
}

function settingsOf(draft: Draft) {
  const count = (value: Amount) => (value === "" ? null : Number(value));
  return {
    name: draft.name.trim(),
    // As text: an amount of money is never a binary fraction on its way.
    limit: draft.limit === "" ? null : String(draft.limit),
    limit_reset: draft.limit === "" || draft.reset === "never" ? null : draft.reset,
    expires_at: expiry(draft),
    requests_per_minute: count(draft.requests),
    tokens_per_minute: count(draft.tokens),
    max_concurrency: count(draft.concurrency),
    allowed_models: words(draft.models),
    allowed_addresses: words(draft.addresses),
  };
}

/** What was typed in one go, or pasted, with commas or spaces between. */
function words(typed: string[]): string[] {
  return typed.flatMap((each) => each.split(/[\s,]+/)).filter(Boolean);
}

function expiry({ life, day }: Draft): string | null {
  if (life === "never") return null;
  // To the end of that day, where the reader is.
  if (life === "day") return new Date(`${day}T23:59:59`).toISOString();
  return new Date(Date.now() + DAYS[life] * 86_400_000).toISOString();
}

/** The day where the reader is, as a date field has it. */
function dayOf(at: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}
