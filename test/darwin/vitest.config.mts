// The macOS binary and what is above it, on Linux: `npm run test:darwin`. Apart from `npm test`, because it needs clang and lld.
import { join } from "node:path";
import { defineConfig } from "vitest/config";

const root = join(import.meta.dirname, "..", "..");
const installed = join(root, ".cache", "darwin", "package", "dist", "index.js");

export default defineConfig({
  root,
  resolve: { alias: { sockinfo: installed } },
  test: {
    include: ["test/darwin/*.spec.ts"],
    globalSetup: join(import.meta.dirname, "setup.mts"),
    setupFiles: join(import.meta.dirname, "fake-mac.mts"),
    pool: "forks",
    testTimeout: 30_000,
    server: { deps: { external: [/\/dist\//] } },
  },
});
