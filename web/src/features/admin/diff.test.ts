import { expect, test } from "vitest";
import { lines } from "./diff";

test("of two states only what changed is told, by its whole path", () => {
  expect(lines({ a: 1, b: { c: "x", d: null } }, { a: 1, b: { c: "y", d: [2] } })).toEqual([
    { name: "b.c", was: "x", is: "y" },
    { name: "b.d", was: null, is: "[2]" },
  ]);
});

test("what is new or gone is told whole", () => {
  expect(lines(null, { role: "admin" })).toEqual([{ name: "role", was: null, is: "admin" }]);
  expect(lines({ role: "admin" }, null)).toEqual([{ name: "role", was: "admin", is: null }]);
  expect(lines(null, null)).toEqual([]);
});

test("what a partial change does not mention has not gone", () => {
  expect(lines({ name: "a", size: 1 }, { name: "b" })).toEqual([{ name: "name", was: "a", is: "b" }]);
});
