// After the build: every text file gets a brotli and a gzip twin, so that the server compresses nothing at run time.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { OUT } from "./places.mjs";

const TEXT = new Set([".js", ".css", ".svg", ".html", ".json"]);
/** Below this a twin saves less than its headers cost. */
const LEAST = 860;

for (const entry of readdirSync(OUT, { recursive: true })) {
  const path = join(OUT, entry);
  if (!statSync(path).isFile() || !TEXT.has(extname(path))) continue;
  const content = readFileSync(path);
  if (content.length < LEAST) continue;
  writeFileSync(
    `${path}.br`,
    brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  );
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
}
