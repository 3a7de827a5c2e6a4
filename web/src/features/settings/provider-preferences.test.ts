import { expect, test } from "vitest";
import { saidOf } from "./provider-preferences";

test("what says nothing is left out, and a no is kept", () => {
  expect(saidOf({ only: [], zdr: null, max_price: { prompt: null } })).toBeNull();
  expect(saidOf({ allow_fallbacks: false, max_price: { prompt: 0, completion: null } })).toEqual({
    allow_fallbacks: false,
    max_price: { prompt: 0 },
  });
});
