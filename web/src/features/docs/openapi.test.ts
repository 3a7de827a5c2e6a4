import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { LANGUAGES } from "@/shared/i18n";
import { AS_DOCUMENTED } from "@/shared/i18n/operations";
import { type Document, operationsOf, resolve, search, typeOf } from "./openapi";

const DOCUMENT: Document = {
  paths: {
    "/api/v1/models": { get: { summary: "List the models", tags: ["Models"] } },
    "/api/v1/keys": {
      get: { summary: "List keys", tags: ["Keys"] },
      post: { summary: "Make one", tags: ["Keys"] },
    },
    "/api/v1/chat/completions": { post: { summary: "Chat", tags: ["Chat"] } },
    "/api/app/me": { get: { summary: "Who is signed in" } },
  },
  components: { schemas: { Key: { type: "object", properties: { name: { type: "string" } } } } },
};

test("operations are found by their words, without those of the app itself", () => {
  const all = operationsOf(DOCUMENT, AS_DOCUMENTED);
  expect([...all.keys()]).toEqual(["Chat", "Models", "Keys"]);
  expect(search(all, "post KEYS").map(([tag, found]) => [tag, found.map(({ key }) => key)])).toEqual([
    ["Keys", ["post /api/v1/keys"]],
  ]);
  expect(search(all, "nothing such")).toEqual([]);
});

test("the reader's language stands in the place of the document's, and is searched", () => {
  const all = operationsOf(DOCUMENT, {
    tags: { Keys: "密钥" },
    operations: { "get /api/v1/keys": ["列出密钥", "最新的在前。"] },
  });
  expect(search(all, "最新").map(([tag, found]) => [tag, found.map(({ summary }) => summary)])).toEqual([
    ["密钥", ["列出密钥"]],
  ]);
  expect(all.get("密钥")?.[1]?.summary).toBe("Make one");
});

test("every operation that is shown has words in every other language, and no words are left over", async () => {
  const document: Document = JSON.parse(readFileSync("../docs/reference/openapi.json", "utf8"));
  const shown = operationsOf(document, AS_DOCUMENTED);
  for (const language of Object.values(LANGUAGES)) {
    const said = await language.operations();
    if (said === AS_DOCUMENTED) continue;
    expect(Object.keys(said.tags).sort()).toEqual([...shown.keys()].sort());
    const all = [...shown.values()].flat();
    expect(Object.keys(said.operations).sort()).toEqual(all.map(({ key }) => key).sort());
    for (const { key, description } of all) {
      expect(said.operations[key]?.map(Boolean), key).toEqual(description ? [true, true] : [true]);
    }
  }
});

test("types are said in a few words", () => {
  expect(typeOf({ anyOf: [{ type: "string" }, { type: "null" }] })).toBe("string | null");
  expect(typeOf({ type: "array", items: { $ref: "#/components/schemas/Key" } })).toBe("Key[]");
  expect(typeOf({ enum: ["a", "b"] })).toBe('"a" | "b"');
  expect(resolve(DOCUMENT, { $ref: "#/components/schemas/Key" }).type).toBe("object");
});
