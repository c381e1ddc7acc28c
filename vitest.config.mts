// Tests run against the build in dist/, as users do. Forks, not threads: a crash of native code ends one file only.
import { join } from "node:path";
import { defineConfig } from "vitest/config";

const dist = join(import.meta.dirname, "dist");

export default defineConfig({
  resolve: {
    // The longer name first: the other one is taken for a folder's, too.
    alias: {
      "sockinfo/connections": join(dist, "connections/index.js"),
      "sockinfo/hijack": join(dist, "hijack/index.js"),
      "sockinfo/unix": join(dist, "unix/index.js"),
      sockinfo: join(dist, "index.js"),
    },
  },
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    execArgv: ["--expose-gc"],
    testTimeout: 30_000,
    server: { deps: { external: [/\/dist\//] } },
  },
});
