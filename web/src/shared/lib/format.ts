/** Numbers, prices and times as they are read: in the reader's language, exact where it matters. */
import { currentLanguage } from "@/shared/i18n";

const cache = new Map<string, Intl.NumberFormat>();

function formatter(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${currentLanguage()}${JSON.stringify(options)}`;
  let found = cache.get(key);
  if (!found) {
    found = new Intl.NumberFormat(currentLanguage(), options);
    cache.set(key, found);
  }
  return found;
}

export function formatNumber(value: number, digits = 0): string {
  return formatter({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** `131,072` becomes `131K`: for columns where the order of magnitude matters. */
export function formatCompact(value: number): string {
  if (Math.abs(value) < 1000) return formatNumber(value);
  const units: [number, string][] = [
    [1e12, "T"],
    [1e9, "B"],
    [1e6, "M"],
    [1e3, "K"],
  ];
  // The same letters in every language: they stand beside ids and prices, and readers of model lists know them.
  for (const [size, letter] of units) {
    if (Math.abs(value) >= size) {
      const scaled = value / size;
      const digits = Math.abs(scaled) >= 100 || Number.isInteger(scaled) ? 0 : Math.abs(scaled) >= 10 ? 1 : 2;
      return `${trimZeros(scaled.toFixed(digits))}${letter}`;
    }
  }
  return formatNumber(value);
}

function trimZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** Tokens of context: powers of two are written as such. */
export function formatContext(tokens: number): string {
  if (tokens >= 1024 && tokens % 1024 === 0 && tokens < 1024 * 1024) return `${tokens / 1024}K`;
  return formatCompact(tokens);
}

/** An amount in USD. Small amounts keep their first significant digits: none is ever shown as `$0.00`. */
export function formatUsd(amount: number, least = 2): string {
  if (amount === 0) return "$0";
  const size = Math.abs(amount);
  let digits = least;
  if (size < 1) digits = Math.min(9, Math.max(least, Math.ceil(-Math.log10(size)) + 2));
  const text = size.toFixed(digits);
  const whole = trimTo(text, least);
  const [integer = "0", fraction] = whole.split(".");
  const grouped = formatter({ maximumFractionDigits: 0 }).format(BigInt(integer));
  return `${amount < 0 ? "−" : ""}$${grouped}${fraction ? `.${fraction}` : ""}`;
}

const CENTS = 100;

/** What is left to spend, never rounded up: 194.998 is not yet 195, and a cent that is not there cannot be spent. */
export function formatLeft(amount: number): string {
  if (amount < 1) return formatUsd(amount);
  // From its text: 194.1 times a hundred is a little less than 19,410 in binary.
  const [integer = "0", fraction = ""] = amount.toFixed(9).split(".");
  return formatUsd(Number(integer) + Number(fraction.slice(0, 2)) / CENTS);
}

/** An amount that was paid, as the server writes it (`1008.00`), in its currency. */
export function formatPaid(amount: string, currency: string): string {
  const [integer = "0", fraction] = amount.split(".");
  const grouped = formatter({ maximumFractionDigits: 0 }).format(BigInt(integer));
  return `${grouped}${fraction ? `.${fraction}` : ""} ${currency.toUpperCase()}`;
}

function trimTo(text: string, least: number): string {
  const point = text.indexOf(".");
  if (point < 0) return text;
  let end = text.length;
  while (end > point + 1 + least && text[end - 1] === "0") end--;
  return text.slice(0, end);
}

/** A price a token, as the API writes it, in USD per million. Null for what has no price or one that varies. */
export function perMillion(price: string | number | null | undefined): number | null {
  if (price === null || price === undefined || price === "") return null;
  const value = Number(price);
  if (!Number.isFinite(value) || value < 0) return null;
  return Math.round(value * 1e6 * 1e9) / 1e9;
}

export function formatPerMillion(price: string | number | null | undefined, digits = 2): string {
  const value = perMillion(price);
  return value === null ? "—" : formatUsd(value, digits);
}

/** A hair's breadth of a price is told by its own row, not by zeros in all the others. */
const MOST_DIGITS = 4;

/** With how many decimals a column of prices is written: as many as the finest of them needs. */
export function digitsOf(prices: Iterable<string | number | null | undefined>): number {
  let digits = 2;
  for (const price of prices) {
    const decimals = formatPerMillion(price).split(".")[1]?.length ?? 0;
    digits = Math.max(digits, Math.min(decimals, MOST_DIGITS));
  }
  return digits;
}

export function formatPercent(share: number, digits = 1): string {
  return formatter({ style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(
    share,
  );
}

export function formatMilliseconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return "—";
  if (value < 1000) return `${formatNumber(value)} ms`;
  return `${formatNumber(value / 1000, 2)} s`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${formatNumber(bytes / 1024)} KB`;
  return `${formatNumber(bytes / 1024 / 1024, 1)} MB`;
}

export function exactTime(at: Date): string {
  return at.toLocaleString(currentLanguage(), { dateStyle: "medium", timeStyle: "medium" });
}

export function shortDate(at: Date): string {
  return at.toLocaleDateString(currentLanguage(), { dateStyle: "medium" });
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

export function relativeTime(at: Date, now: Date = new Date()): string {
  const seconds = (at.getTime() - now.getTime()) / 1000;
  const words = new Intl.RelativeTimeFormat(currentLanguage(), { numeric: "auto" });
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return words.format(Math.round(seconds / size), unit);
  }
  return words.format(Math.round(seconds), "second");
}
