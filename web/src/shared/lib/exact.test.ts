import { expect, test } from "vitest";
import { exactColumn, negated } from "./exact";

test("every amount has the decimals of the finest one, and none is rounded", () => {
  expect(exactColumn(["1234567.5", "-0.000000001", "0"])).toEqual([
    "$1,234,567.500000000",
    "−$0.000000001",
    "$0.000000000",
  ]);
  expect(exactColumn(["3", "-1000"])).toEqual(["$3.00", "−$1,000.00"]);
  expect(exactColumn([])).toEqual([]);
});

test("what went out is below zero, and nothing is neither", () => {
  expect([negated("0.5"), negated("-2"), negated("0"), negated("0.00")]).toEqual(["-0.5", "2", "0", "0.00"]);
});
