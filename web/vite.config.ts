import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where the Python package keeps the built app; `modelport.web` serves it. */
const OUT = fileURLToPath(new URL("../src/modelport/web/static", import.meta.url));
const API = fileURLToPath(new URL("../docs/reference/openapi.json", import.meta.url));
const SERVER = process.env.MODELPORT_DEV_SERVER ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  // `shared/api/offered.ts` says what for.
  define: { __API_PATHS__: JSON.stringify(Object.keys(JSON.parse(readFileSync(API, "utf8")).paths)) },
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    manifest: true,
    target: ["chrome111", "firefox114", "safari16.4"],
    // The style's `light-dark()` is kept as it is written.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // Marks of authors are files of their own: inlined they would weigh on the first page.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
    rollupOptions: {
      output: {
        assetFileNames: "assets/[name]-[hash][extname]",
        chunkFileNames: "assets/[name]-[hash].js",
        entryFileNames: "assets/[name]-[hash].js",
      },
    },
  },
  server: { proxy: { "/api": SERVER, "/openapi.json": SERVER, "/readyz": SERVER } },
  test: {
    environment: "jsdom",
    setupFiles: ["src/testing/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    css: false,
    restoreMocks: true,
    testTimeout: 20_000,
  },
});
