// `npm run test:darwin`: tests the package with the macOS binary, on Linux. It is not part of `npm test`, because it
// needs clang and lld.
import { join } from "node:path";
import { defineConfig } from "vitest/config";

const root = join(import.meta.dirname, "..", "..");
const here = (name: string) => join(import.meta.dirname, name);

const dist = join(root, ".cache", "darwin", "package", "dist");

const common = {
  root,
  // The longer names come first, because "sockinfo" also matches as a folder.
  resolve: {
    alias: [
      { find: "sockinfo/connections", replacement: join(dist, "connections/index.js") },
      { find: "sockinfo/hijack", replacement: join(dist, "hijack/index.js") },
      { find: "sockinfo/unix", replacement: join(dist, "unix/index.js") },
      { find: "sockinfo", replacement: join(dist, "index.js") },
      { find: /^.*\/helpers\/core$/, replacement: here("core.mts") },
    ],
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
        // The tests for all systems that start no other process. In them, sockinfo must behave as on a Mac.
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
