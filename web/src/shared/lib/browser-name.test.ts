import { expect, test } from "vitest";
import { browserName } from "./browser-name";

const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";

test.each([
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36`, "Chrome · Windows"],
  [`Mozilla/5.0 (Windows NT 10.0) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`, "Edge · Windows"],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0", "Firefox · Linux"],
  [
    `Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) ${WEBKIT} Version/19.0 Safari/604.1`,
    "Safari · iPhone",
  ],
  [
    `Mozilla/5.0 (Linux; Android 16; Pixel 10) ${WEBKIT} Chrome/140.0 Mobile Safari/537.36`,
    "Chrome · Android",
  ],
  ["curl/8.5.0", "curl"],
  ["  ", null],
])("%s", (agent, name) => expect(browserName(agent)).toBe(name));
