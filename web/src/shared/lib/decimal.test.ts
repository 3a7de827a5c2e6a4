import { expect, test } from "vitest";
import { exactUsd, marked, shiftPoint } from "./decimal";

test.each([
  ["0.00000025", 6, "0.25"],
  ["0.25", -6, "0.00000025"],
  ["15", -6, "0.000015"],
  ["0.000015", 6, "15"],
  ["1234.5", -6, "0.0012345"],
  ["0", 6, "0"],
  [".5", 6, "500000"],
  ["2.", -6, "0.000002"],
  ["0.1234567890123", 6, "123456.7890123"],
])("%s by %i is %s", (text, places, result) => {
  expect(shiftPoint(text, places)).toBe(result);
});

test.each(["", ".", "-1", "1e-6", "a", "1,5"])("%s is no price", (text) => {
  expect(shiftPoint(text, 6)).toBeNull();
});

test.each([
  ["1", "0.1", "0", "1.1"],
  ["1.00", "0.3", "0.05", "1.235"],
  ["0.000000123456789", "0.000000001", "0", "0.000000123456789123456789"],
  ["1", "", "1", "0"],
  ["2", "100", "", "202"],
])("%s marked up by %s, less %s, is %s", (price, markup, discount, result) => {
  expect(marked(price, markup, discount)).toBe(result);
});

test.each([
  ["1", "a", "0"],
  ["1", "-0.1", "0"],
  ["1", "0", "1.1"],
])("%s, %s and %s make no price", (price, markup, discount) => {
  expect(marked(price, markup, discount)).toBeNull();
});

test("an amount is shown to its last digit", () => {
  expect(exactUsd("1.1")).toBe("$1.10");
  expect(exactUsd("1234.56789")).toBe("$1,234.56789");
});
