/** Missing translations fail the type check; here: that none is left over, and that both fill in the same values. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { en } from "./languages/en";
import { zhCN } from "./languages/zh-cn";

type Tree = { [key: string]: string | Tree };

function flat(tree: Tree, prefix = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    const path = prefix ? `${prefix}.${key}` : key;
    if (typeof value === "string") found.set(path, value);
    else for (const [inner, text] of flat(value, path)) found.set(inner, text);
  }
  return found;
}

const source = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter(
    (name) =>
      /\.tsx?$/.test(name) && !name.includes("languages") && !/(\.test\.tsx?|schema\.d\.ts)$/.test(name),
  )
  .map((name) => readFileSync(join("src", name), "utf8"))
  .join("\n");

test("every text is used", () => {
  // Looked up in sets: a search of the whole source for each of two thousand keys took seconds.
  const named = new Set(source.match(/"[\w.-]+"/g));
  const groups = new Set(source.match(/`[\w.-]+\.\$\{/g));
  const left = [...flat(en).keys()].filter((key) => {
    const plain = key.replace(/_(one|other)$/, "");
    // Keys put together at run time name their group: `models.sorts.${sort}`.
    const group = plain.slice(0, plain.lastIndexOf("."));
    return !named.has(`"${plain}"`) && !groups.has(`\`${group}.$\{`);
  });
  expect(left).toEqual([]);
});

test("both languages fill in the same values, and neither is empty", () => {
  const other = flat(zhCN);
  expect([...other.keys()].sort()).toEqual([...flat(en).keys()].sort());
  const values = (text: string | undefined) => (text?.match(/\{\{\w+\}\}/g) ?? []).sort();
  for (const [key, text] of flat(en)) {
    expect(other.get(key), key).not.toBe("");
    expect(values(other.get(key)), key).toEqual(values(text));
  }
});
