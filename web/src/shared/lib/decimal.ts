/** Prices are decimal strings: their point is moved as text, so that no price is ever rounded on its way. */

/** `0.00000025` by six places is `0.25`; by minus six back again. Null for what is no plain decimal number. */
export function shiftPoint(text: string, places: number): string | null {
  const found = /^(\d*)(?:\.(\d*))?$/.exec(text.trim());
  const whole = found?.[1] ?? "";
  const fraction = found?.[2] ?? "";
  if (!found || (!whole && !fraction)) return null;
  const digits = whole + fraction;
  const point = whole.length + places;
  const padded = point < 0 ? "0".repeat(-point) + digits : digits.padEnd(point, "0");
  const at = Math.max(point, 0);
  const left = padded.slice(0, at).replace(/^0+/, "") || "0";
  const right = padded.slice(at).replace(/0+$/, "");
  return right ? `${left}.${right}` : left;
}

interface Exact {
  units: bigint;
  places: number;
}

function exact(text: string): Exact | null {
  const found = /^(\d*)(?:\.(\d*))?$/.exec(text.trim());
  const digits = `${found?.[1] ?? ""}${found?.[2] ?? ""}`;
  return digits ? { units: BigInt(digits), places: found?.[2]?.length ?? 0 } : null;
}

/** A price with a mark-up and then a discount, both parts of it, to the last digit. Null for what makes no price. */
export function marked(price: string, markup: string, discount: string): string | null {
  const [base, more, less] = [exact(price), exact(markup || "0"), exact(discount || "0")];
  if (!base || !more || !less) return null;
  const kept = 10n ** BigInt(less.places) - less.units;
  if (kept < 0n) return null;
  const units = base.units * (10n ** BigInt(more.places) + more.units) * kept;
  return shiftPoint(units.toString(), -(base.places + more.places + less.places));
}

/** An amount to the last digit, with at least two decimals. */
export function exactUsd(amount: string): string {
  const [whole = "0", part = ""] = amount.split(".");
  return `$${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${part.padEnd(2, "0")}`;
}
