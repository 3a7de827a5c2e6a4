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

test("rows of a list are told one by one, and moments as such", () => {
  const before = { vouchers: [{ id: "v1", revoked_at: null }], names: ["a"] };
  const after = { vouchers: [{ id: "v1", revoked_at: 1_795_768_968_764 }], names: ["a", "b"] };
  expect(lines(before, after)).toEqual([
    { name: "names", was: '["a"]', is: '["a","b"]' },
    { name: "vouchers.v1.revoked_at", was: null, is: "2026-11-27T08:42:48Z" },
  ]);
  expect(lines(null, { rows: [{ amount: 5 }, { id: "x" }] })).toEqual([
    { name: "rows.1.amount", was: null, is: "5" },
    { name: "rows.x.id", was: null, is: "x" },
  ]);
});

test("what a partial change does not mention has not gone", () => {
  expect(lines({ name: "a", size: 1 }, { name: "b" })).toEqual([{ name: "name", was: "a", is: "b" }]);
});
