// Tests run against the build in dist/, as users do. Forks, not threads: a crash of native code ends one file only.
import { join } from "node:path";
import { defineConfig } from "vitest/config";

const dist = join(import.meta.dirname, "dist");

export default defineConfig({
  resolve: {
    // The longer names first: an alias also matches the paths below its name.
    alias: {
      "sockinfo/connections": join(dist, "connections/index.js"),
      "sockinfo/hijack": join(dist, "hijack/index.js"),
      "sockinfo/opentelemetry": join(dist, "opentelemetry/index.js"),
      "sockinfo/page": join(dist, "page/index.js"),
      "sockinfo/prometheus": join(dist, "prometheus/index.js"),
      "sockinfo/logging": join(dist, "logging/index.js"),
      "sockinfo/server-timing": join(dist, "server-timing/index.js"),
      "sockinfo/unix": join(dist, "unix/index.js"),
      sockinfo: join(dist, "index.js"),
    },
  },
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    // By default Vitest leaves one core idle, which of two is half the machine.
    maxWorkers: 2,
    execArgv: ["--expose-gc"],
    // A busy machine may need thirty seconds.
    testTimeout: 60_000,
    server: { deps: { external: [/\/dist\//] } },
  },
});
