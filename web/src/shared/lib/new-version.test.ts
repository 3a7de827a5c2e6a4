import { afterEach, expect, test, vi } from "vitest";
import { isMissingPart, reloadIfOutdated } from "./new-version";

const answer = vi.fn(async () => ({ ok: true }));
vi.stubGlobal("fetch", answer);
afterEach(() => sessionStorage.clear());

const LATER = 1_800_000_000_000;

test("a page whose parts are gone is loaded anew, once", async () => {
  const page = { reload: vi.fn() };
  expect(await reloadIfOutdated(page, sessionStorage, LATER)).toBe(true);
  expect(await reloadIfOutdated(page, sessionStorage, LATER + 1000)).toBe(false);
  expect(page.reload).toHaveBeenCalledTimes(1);
  expect(await reloadIfOutdated(page, sessionStorage, LATER + 61_000)).toBe(true);
});

test("nothing is thrown away while the server is not there", async () => {
  answer.mockRejectedValueOnce(new TypeError("Failed to fetch"));
  const page = { reload: vi.fn() };
  expect(await reloadIfOutdated(page, sessionStorage, LATER)).toBe(false);
  expect(page.reload).not.toHaveBeenCalled();
});

test("a part that did not come is known by its error", () => {
  expect(isMissingPart(new TypeError("Failed to fetch dynamically imported module: /a.js"))).toBe(true);
  expect(isMissingPart(new Error("Unable to preload CSS for /a.css"))).toBe(true);
  expect(isMissingPart(new Error("Importing a module script failed."))).toBe(true);
  expect(isMissingPart(new Error("x is undefined"))).toBe(false);
});
