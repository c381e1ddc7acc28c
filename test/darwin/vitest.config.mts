// The macOS binary and what is above it, on Linux: `npm run test:darwin`. Apart from `npm test`, because it needs clang and lld.
import { join } from "node:path";
import { defineConfig } from "vitest/config";

const root = join(import.meta.dirname, "..", "..");
const here = (name: string) => join(import.meta.dirname, name);

const dist = join(root, ".cache", "darwin", "package", "dist");

const common = {
  root,
  // The longer names first: the other one is taken for a folder's, too.
  resolve: {
    alias: {
      "sockinfo/connections": join(dist, "connections/index.js"),
      "sockinfo/hijack": join(dist, "hijack/index.js"),
      "sockinfo/unix": join(dist, "unix/index.js"),
      sockinfo: join(dist, "index.js"),
    },
  },
};
const options = { pool: "forks" as const, testTimeout: 30_000, server: { deps: { external: [/\/dist\//] } } };

export default defineConfig({
  ...common,
  test: {
    globalSetup: here("setup.mts"),
    projects: [
      {
        ...common,
        test: { ...options, name: "scripted", include: ["test/darwin/*.spec.ts"], setupFiles: here("fake-mac.mts") },
      },
      {
        // The tests of all systems, as far as they start no other process, as on a Mac: they must not take it for Linux.
        ...common,
        test: {
          ...options,
          name: "as on a Mac",
          include: ["test/**/*.live.test.ts", "test/frameworks/*.test.ts"],
          // It runs programs.
          exclude: ["**/node_modules/**", "test/frameworks/examples.test.ts"],
          setupFiles: [here("fake-mac.mts"), here("use-linux-as-mac.mts")],
        },
      },
    ],
  },
});
