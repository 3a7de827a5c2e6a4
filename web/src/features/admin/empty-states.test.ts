import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const HERE = "src/features/admin";

test("every list of the operators' that is empty says what to do next", () => {
  const silent = readdirSync(HERE, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".tsx"))
    .filter((name) => /<Empty\b(?:[^<>]|=>)*\/>/.test(readFileSync(join(HERE, name), "utf8")));
  expect(silent).toEqual([]);
});
