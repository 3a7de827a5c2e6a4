import { describe, expect, test } from "vitest";
import {
  digitsOf,
  formatCompact,
  formatContext,
  formatLeft,
  formatPaid,
  formatPerMillion,
  formatUsd,
  perMillion,
} from "./format";

describe("amounts", () => {
  test.each([
    [0, "$0"],
    [12, "$12.00"],
    [1234.5, "$1,234.50"],
    [0.5, "$0.50"],
    [0.0421, "$0.0421"],
    [0.0000032, "$0.0000032"],
    [0.000000001, "$0.000000001"],
    [-3.25, "−$3.25"],
  ])("%d is shown as %s", (amount, text) => expect(formatUsd(amount)).toBe(text));

  test("a small amount is never shown as nothing", () => {
    for (let exponent = 1; exponent <= 9; exponent++) expect(formatUsd(10 ** -exponent)).toMatch(/[1-9]/);
  });

  test.each([
    [195, "$195.00"],
    [194.99873, "$194.99"],
    [194.1, "$194.10"],
    [1.999999999, "$1.99"],
    [0.0421, "$0.0421"],
    [0, "$0"],
    [-3.25, "−$3.25"],
  ])("of %d, %s is left: never more than there is", (amount, text) => expect(formatLeft(amount)).toBe(text));

  test.each([
    ["1008.00", "cny", "1,008.00 CNY"],
    ["25.00", "usd", "25.00 USD"],
    ["1000", "jpy", "1,000 JPY"],
  ])("%s %s was paid: %s", (amount, currency, text) => expect(formatPaid(amount, currency)).toBe(text));

  test("a price a token becomes one a million without a rounding error", () => {
    expect(perMillion("0.0000025")).toBe(2.5);
    expect(perMillion("0.00000007")).toBe(0.07);
    expect(perMillion("-1")).toBeNull();
    expect(formatPerMillion(undefined)).toBe("—");
    expect(formatPerMillion("0.0000011")).toBe("$1.10");
  });
});

test("counts keep three digits", () => {
  expect(formatCompact(999)).toBe("999");
  expect(formatCompact(1234)).toBe("1.23K");
  expect(formatCompact(45_600_000)).toBe("45.6M");
  expect(formatContext(131_072)).toBe("128K");
  expect(formatContext(200_000)).toBe("200K");
  expect(formatContext(1_048_576)).toBe("1.05M");
});

test("a column of prices has as many decimals as its finest needs, within reason", () => {
  expect(digitsOf(["0.000003", "0.000012", null])).toBe(2);
  expect(digitsOf(["0.000003", "0.000000405"])).toBe(3);
  expect(digitsOf(["0.0000000000125", "0.000003"])).toBe(4);
  expect(formatPerMillion("0.000003", 3)).toBe("$3.000");
  expect(formatPerMillion("0.0000000000125", 4)).toBe("$0.0000125");
});
