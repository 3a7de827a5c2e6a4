// What Biome can't tell: layers, sizes, colours, and who may call the operator's API.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { SOURCE } from "./places.mjs";

const MOST_LINES = 300;
const MOST_TEXTS = 400;
const files = readdirSync(SOURCE, { recursive: true })
  .map((name) => name.split(sep).join("/"))
  .filter((name) => /\.(ts|tsx|css)$/.test(name) && !name.endsWith("schema.d.ts"));
const faults = [];

/** `shared`, `features/<name>` or `app`. */
function zone(file) {
  const [top, second] = file.split("/");
  return top === "features" ? `features/${second}` : top;
}

const mayImport = (from, to) =>
  from === to ||
  from === "app" ||
  from === "main.tsx" ||
  from === "testing" ||
  to === "shared" ||
  (to === "testing" && from !== "app");

for (const file of files) {
  const text = readFileSync(join(SOURCE, file), "utf8");
  const lines = text.split("\n");
  const most = file.startsWith("shared/i18n/languages/") ? MOST_TEXTS : MOST_LINES;
  if (lines.length > most && !file.endsWith(".css")) {
    faults.push(`${file}: ${lines.length} lines, ${most} is the most`);
  }
  const from = zone(file);
  for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
    let path;
    if (target.startsWith("@/")) path = target.slice(2);
    else if (target.startsWith(".")) path = posix.join(dirname(file), target);
    else continue;
    const to = zone(path);
    if (!mayImport(from, to)) faults.push(`${file}: ${from} may not import ${to} (${target})`);
  }
  lines.forEach((line, index) => {
    const where = `${file}:${index + 1}`;
    if (
      file !== "app/theme.ts" &&
      !file.endsWith(".test.ts") &&
      /["':\s(]#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b/.test(line)
    ) {
      faults.push(`${where}: a raw colour; the theme in app/theme.ts has them all`);
    }
    if (line.includes('"/api/admin/') && from !== "features/admin" && from !== "testing") {
      faults.push(`${where}: only features/admin calls the operator's API`);
    }
  });
}

for (const fault of faults) console.error(fault);
console.log(
  `${files.length} files: ${faults.length || "no"} faults (${relative(process.cwd(), SOURCE) || "src"})`,
);
process.exitCode = faults.length ? 1 : 0;
