/** What differs between two states of a thing, as lines to read. */

export interface Line {
  name: string;
  was: string | null;
  is: string | null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Nested fields by their whole path: `bounds.models`. */
function flat(value: unknown, path: string, into: Map<string, string>): void {
  if (value === null || value === undefined) return;
  if (isRecord(value)) {
    for (const [key, inner] of Object.entries(value)) flat(inner, path ? `${path}.${key}` : key, into);
  } else {
    into.set(path || "·", typeof value === "string" ? value : JSON.stringify(value));
  }
}

/** With both states what changed only; with one, all of it. */
export function lines(before: unknown, after: unknown): Line[] {
  const old = new Map<string, string>();
  const now = new Map<string, string>();
  flat(before, "", old);
  flat(after, "", now);
  const names = [...new Set([...old.keys(), ...now.keys()])];
  // A change's new state may name what was asked for only: what it doesn't mention has not gone.
  const partial = old.size > 0 && now.size > 0;
  return names
    .map((name) => ({ name, was: old.get(name) ?? null, is: now.get(name) ?? null }))
    .filter(({ was, is }) => was !== is && !(partial && is === null && now.size < old.size));
}
