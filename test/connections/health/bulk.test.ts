// A transfer that is as fast as its link has much to send all the time, and nothing is wrong with it. Needs root and
// tc, which limits the rate of loopback in a network namespace of its own.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { lacks } from "../../helpers/needs";

const BYTES_PER_SECOND = 20_000_000 / 8;
const LINK = "ip link set lo mtu 1500 up && tc qdisc add dev lo root tbf rate 20mbit burst 16kb latency 300ms";

test.skipIf(lacks("linux", "tbf"))("nothing is told about a transfer that fills its link", async () => {
  const script = `${LINK} && exec "$0" "$1"`;
  const parameters = ["--net", "sh", "-c", script, process.execPath, join(import.meta.dirname, "bulk.mjs")];
  const { stdout } = await promisify(execFile)("unshare", parameters);
  const { told, waiting, bytesPerSecond } = JSON.parse(stdout) as {
    told: string[];
    waiting: number[];
    bytesPerSecond: number;
  };
  expect(told).toEqual([]);
  // The link was the limit, and hundreds of kilobytes waited for it.
  expect(bytesPerSecond).toBeGreaterThan(0.5 * BYTES_PER_SECOND);
  expect(bytesPerSecond).toBeLessThan(BYTES_PER_SECOND);
  expect(Math.min(...waiting.slice(1))).toBeGreaterThan(100_000);
});
