import { describe, expect, test } from "vitest";
import { bodyOf, changeOf, draftOf, isBound, NEW } from "./draft";
import type { Key } from "./queries";

const KEY = {
  hash: "abc",
  name: "Laptop",
  limit: 5,
  limit_reset: "monthly",
  expires_at: "2027-01-05T10:20:30+00:00",
  requests_per_minute: 60,
  tokens_per_minute: null,
  max_concurrency: null,
  allowed_models: ["acme/*"],
  allowed_addresses: [],
  include_byok_in_limit: true,
  is_management_key: false,
  workspace_id: "w",
} as unknown as Key;

describe("a key that is changed", () => {
  test("says nothing of what nobody touched", () => {
    expect(changeOf(KEY, draftOf(KEY))).toEqual({ include_byok_in_limit: true });
    expect(isBound(draftOf(KEY))).toBe(true);
  });

  test("tells what is different, an amount as text", () => {
    const draft = { ...draftOf(KEY), name: " Desk ", limit: 7.5, models: ["acme/*", "qwen/a, qwen/b"] };
    expect(changeOf(KEY, draft)).toEqual({
      include_byok_in_limit: true,
      name: "Desk",
      limit: "7.5",
      allowed_models: ["acme/*", "qwen/a", "qwen/b"],
    });
  });

  test("without a limit has no reset, and for ever no expiry", () => {
    const change = changeOf(KEY, { ...draftOf(KEY), limit: "", life: "never", requests: "" });
    expect(change).toEqual({
      include_byok_in_limit: true,
      limit: null,
      limit_reset: null,
      expires_at: null,
      requests_per_minute: null,
    });
  });
});

test("a new key is bound by nothing but its name", () => {
  expect(isBound(NEW)).toBe(false);
  expect(bodyOf({ ...NEW, name: "Laptop" })).toMatchObject({ name: "Laptop", limit: null, expires_at: null });
});
