import { expect, test, vi } from "vitest";
import { showNever, showSoon } from "./frames";

test("one piece a frame, in turns, and none after a late one", () => {
  const steps: ((now: number) => void)[] = [];
  vi.stubGlobal("requestAnimationFrame", (step: (now: number) => void) => steps.push(step));
  const shown: string[] = [];
  const [a, b, c] = ["a", "b", "c"].map((name) => () => void shown.push(name));
  if (!a || !b || !c) throw new Error("three");
  showSoon(a);
  showSoon(b);
  showSoon(a);
  showSoon(c);
  showNever(c);
  const next = (now: number) => steps.shift()?.(now);
  next(1000);
  expect(shown).toEqual(["a"]);
  next(1100); // late: nothing
  expect(shown).toEqual(["a"]);
  next(1116);
  expect(shown).toEqual(["a", "b"]);
  expect(steps).toHaveLength(0);
  vi.unstubAllGlobals();
});
