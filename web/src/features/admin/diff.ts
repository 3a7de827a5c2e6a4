/** What differs between two states of a thing, as lines to read. */

export interface Line {
  name: string;
  was: string | null;
  is: string | null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a row of a list is called: its id where it has one, else its place. */
function nameOf(row: Record<string, unknown>, place: number): string {
  return typeof row.id === "string" ? row.id : String(place + 1);
}

const FIRST_MS = 1_000_000_000_000;

/** A moment that is kept as milliseconds is nothing anybody could read. */
function shown(name: string, value: unknown): string {
  if (typeof value === "number" && /(^|[._])(at|until)$/.test(name) && value > FIRST_MS)
    return new Date(value).toISOString().replace(/\.\d+Z$/, "Z");
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Nested fields by their whole path: `bounds.models`; rows of a list by their ids: `vouchers.voucher_1.revoked_at`. */
function flat(value: unknown, path: string, into: Map<string, string>): void {
  if (value === null || value === undefined) return;
  const deeper = (key: string) => (path ? `${path}.${key}` : key);
  if (isRecord(value)) {
    for (const [key, inner] of Object.entries(value)) flat(inner, deeper(key), into);
  } else if (Array.isArray(value) && value.length > 0 && value.every(isRecord)) {
    value.forEach((row, place) => {
      const { id: _, ...rest } = row;
      flat(Object.keys(rest).length > 0 ? rest : row, deeper(nameOf(row, place)), into);
    });
  } else {
    into.set(path || "·", shown(path, value));
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
