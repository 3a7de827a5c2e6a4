// Where things are, for the scripts.
import { fileURLToPath } from "node:url";

export const WEB = fileURLToPath(new URL("..", import.meta.url));
export const SOURCE = fileURLToPath(new URL("../src", import.meta.url));
export const OUT = fileURLToPath(new URL("../../src/modelport/web/static", import.meta.url));
