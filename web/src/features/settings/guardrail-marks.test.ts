import { expect, test } from "vitest";
import { marked } from "./guardrail-marks";

test("a text is cut where something was found", () => {
  expect(marked("to a@b.cc now", [{ start: 3, end: 9 }])).toEqual([
    { at: 0, part: "to ", isFound: false },
    { at: 3, part: "a@b.cc", isFound: true },
    { at: 9, part: " now", isFound: false },
  ]);
  expect(marked("plain", [])).toEqual([{ at: 0, part: "…", isFound: false }]);
});

test("long stretches are left out, and what lies in another is not shown twice", () => {
  const text = `${"x".repeat(500)}SECRET${"y".repeat(500)}`;
  const parts = marked(text, [
    { start: 500, end: 506 },
    { start: 502, end: 504 },
  ]);
  expect(parts.map(({ part }) => part)).toEqual([`…${"x".repeat(60)}`, "SECRET", `${"y".repeat(60)}…`]);
});
