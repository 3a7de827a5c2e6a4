/** Amounts to the last digit, in one column: all with as many decimals as the finest of them needs, so that they add up. */

const LEAST = 2;

export function exactColumn(amounts: readonly string[]): string[] {
  const decimals = amounts.map((each) => each.split(".")[1]?.length ?? 0);
  const digits = Math.max(LEAST, ...decimals);
  return amounts.map((each) => {
    const isBelow = each.startsWith("-");
    const [whole = "0", part = ""] = (isBelow ? each.slice(1) : each).split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
    return `${isBelow ? "−" : ""}$${grouped}.${part.padEnd(digits, "0")}`;
  });
}

/** The same amount below zero: what went out. */
export function negated(amount: string): string {
  if (/^0*(\.0*)?$/.test(amount)) return amount;
  return amount.startsWith("-") ? amount.slice(1) : `-${amount}`;
}
