// After the build: what the first page loads stays small, and nothing in it names another host to load from.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { OUT } from "./places.mjs";

const MOST_JS = 250_000;
const MOST_CSS = 60_000;

const manifest = JSON.parse(readFileSync(join(OUT, ".vite/manifest.json"), "utf8"));
const compressed = (file) => {
  const twin = join(OUT, `${file}.br`);
  return statSync(existsSync(twin) ? twin : join(OUT, file)).size;
};

/** The files a browser must have before the first route shows: the entry, and all it imports without waiting. */
function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const each of manifest[key]?.imports ?? []) closure(each, seen);
  return seen;
}

const first = closure("index.html");
let js = 0;
let css = 0;
for (const key of first) {
  js += compressed(manifest[key].file);
  for (const file of manifest[key].css ?? []) css += compressed(file);
}

const faults = [];
if (js > MOST_JS)
  faults.push(`the first page loads ${js} bytes of compressed JavaScript, ${MOST_JS} is the most`);
if (css > MOST_CSS)
  faults.push(`the first page loads ${css} bytes of compressed CSS, ${MOST_CSS} is the most`);

// What loads by itself: markup and style. A script's requests are held by the Content-Security-Policy and a test.
const LOADS = /(?:src|href)\s*=\s*["']?https?:|url\(\s*["']?https?:|@import\s+["']?https?:/i;
for (const entry of readdirSync(OUT, { recursive: true })) {
  if (![".html", ".css"].includes(extname(entry))) continue;
  if (LOADS.test(readFileSync(join(OUT, entry), "utf8")))
    faults.push(`${entry} loads something from another host`);
}
if (/<script(?![^>]*\bsrc=)[^>]*>/.test(readFileSync(join(OUT, "index.html"), "utf8"))) {
  faults.push("index.html has an inline script, which the Content-Security-Policy refuses");
}

console.log(
  `first page: ${(js / 1000).toFixed(1)} kB of JavaScript, ${(css / 1000).toFixed(1)} kB of CSS, compressed`,
);
for (const fault of faults) console.error(`budget: ${fault}`);
process.exitCode = faults.length ? 1 : 0;
