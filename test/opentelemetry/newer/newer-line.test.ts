// The line of OpenTelemetry's SDK that needs Node 22. It is not among the root's packages: their peers exclude each
// other. `npm run test:runtimes` installs it.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nodeMajor } from "../../helpers/http-servers";

const folder = import.meta.dirname;
const isHere = nodeMajor >= 22 && existsSync(join(folder, "packages/node_modules"));

test.skipIf(!isHere)("metrics, Prometheus exporter and spans have the numbers of the clients", () => {
  const { stdout, stderr } = spawnSync(process.execPath, [join(folder, "program.mjs")], { encoding: "utf8" });
  expect(stderr).toBe("");
  const { sums, printed, names } = JSON.parse(stdout) as Record<"sums" | "printed" | "names", object>;
  expect(sums).toMatchObject({
    "sockinfo.connection.opened": 3,
    "sockinfo.connection.closed": 3,
    "sockinfo.connection.requests": 3,
    "sockinfo.connection.count": 0,
  });
  // That of the scrape itself may have ended, too.
  expect(Number(printed)).toBeGreaterThanOrEqual(3);
  expect(names).toContain("sockinfo.connection.requests");
  if (process.platform === "linux") expect(names).toContain("sockinfo.tcp.rtt");
});
