import { expect, test } from "vitest";
import { type Document, operationsOf, resolve, typeOf } from "./openapi";

const DOCUMENT: Document = {
  paths: {
    "/api/v1/models": { get: { summary: "List the models", tags: ["Models"] } },
    "/api/v1/keys": {
      get: { summary: "List keys", tags: ["Keys"] },
      post: { summary: "Make one", tags: ["Keys"] },
    },
    "/api/app/me": { get: { summary: "Who is signed in" } },
  },
  components: { schemas: { Key: { type: "object", properties: { name: { type: "string" } } } } },
};

test("operations are found by their words, without those of the app itself", () => {
  expect([...operationsOf(DOCUMENT, "").keys()]).toEqual(["Models", "Keys"]);
  expect(
    operationsOf(DOCUMENT, "post KEYS")
      .get("Keys")
      ?.map(({ key }) => key),
  ).toEqual(["post /api/v1/keys"]);
  expect(operationsOf(DOCUMENT, "nothing such").size).toBe(0);
});

test("types are said in a few words", () => {
  expect(typeOf({ anyOf: [{ type: "string" }, { type: "null" }] })).toBe("string | null");
  expect(typeOf({ type: "array", items: { $ref: "#/components/schemas/Key" } })).toBe("Key[]");
  expect(typeOf({ enum: ["a", "b"] })).toBe('"a" | "b"');
  expect(resolve(DOCUMENT, { $ref: "#/components/schemas/Key" }).type).toBe("object");
});
