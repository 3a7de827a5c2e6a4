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
