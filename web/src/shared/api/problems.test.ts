import { expect, test } from "vitest";
import { ApiError } from "./client";
import { fieldFaultsOf, problemOf } from "./problems";

const fault = (metadata: Record<string, unknown>, status = 400) => new ApiError(status, "English", metadata);

test.each([
  [{ problem: "weak_password", rule: "short" }, 400, "weak_password"],
  [{ availability: { code: "no_endpoints" } }, 404, "no_endpoints"],
  [{ limit_source: "openrouter_free_tier_daily" }, 429, "free_tier_exhausted"],
  [{ limit_source: "modelport_guests" }, 429, "guests_exhausted"],
  [{ limit_source: "openrouter_key_limit" }, 403, "key_limit_exceeded"],
  [{ limit_source: "openrouter_key_limit" }, 402, "key_limit_tight"],
  [
    { limit_source: "openrouter_key_limit", reason: "in_flight_budget_exhausted" },
    402,
    "key_limit_in_flight",
  ],
  [{ limit_source: "of a newer server" }, 429, null],
  [{}, 400, null],
])("%o of %i is %s", (metadata, status, problem) => {
  expect(problemOf(fault(metadata, status))).toBe(problem);
});

test.each([
  ["string_too_long", { max_length: 9 }, "too_long", { most: 9 }],
  ["too_short", { min_length: 1 }, "too_few", { least: 1 }],
  ["greater_than_equal", { ge: 0 }, "least", { least: 0 }],
  ["decimal_parsing", {}, "number", {}],
  ["int_type", {}, "number", {}],
  ["literal_error", { expected: "'a'" }, "choice", {}],
  ["datetime_parsing", {}, "time", {}],
  ["mismatch", {}, "mismatch", {}],
  ["value_error", {}, "value", {}],
])("%s is told as it is read", (kind, bounds, told, shown) => {
  const [found] = fieldFaultsOf(fault({ fields: [{ name: "bounds.models.0", kind, ...bounds }] }));
  expect(found?.name).toBe("models");
  expect(found?.kind).toBe(told);
  expect(found?.bounds).toEqual({ least: undefined, most: undefined, ...shown });
});

test("a field is told once", () => {
  const fields = [
    { name: "limit.int", kind: "int_type" },
    { name: "limit.float", kind: "float_type" },
  ];
  expect(fieldFaultsOf(fault({ fields })).map(({ name }) => name)).toEqual(["limit"]);
});
