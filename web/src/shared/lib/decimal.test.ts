import { expect, test } from "vitest";
import { shiftPoint } from "./decimal";

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
