// TCP that gives up after ICMP messages reports their error instead of ETIMEDOUT. Needs root, for network namespaces.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { lacks } from "../helpers/needs";

/** What the router says about the client's address, and the error with which TCP gives up. */
const CODES = { unreachable: "EHOSTUNREACH", prohibit: "EHOSTUNREACH", blackhole: "ETIMEDOUT" };

test.skipIf(lacks("linux", "tun"))(
  "when TCP gives up, the reason is timeout, and closeError is the router's error",
  async () => {
    const script = join(import.meta.dirname, "soft-errors.mjs");
    // At the same time, each in a network namespace of its own.
    const reports = Object.keys(CODES).map(async (kind): Promise<[string, unknown]> => {
      const { stdout } = await promisify(execFile)("unshare", ["--net", process.execPath, script, kind]);
      return [kind, JSON.parse(stdout)];
    });
    const expected = Object.entries(CODES).map(([kind, code]) => [kind, { reason: "timeout", code, state: "CLOSED" }]);
    expect(await Promise.all(reports)).toEqual(expected);
  },
  40_000,
);
