// TCP that gives up after ICMP messages ends with their error instead of ETIMEDOUT. Needs root: a network namespace.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, describe, test } from "vitest";
import { lacks } from "../helpers/needs";

describe.skipIf(lacks("linux", "tun"))("TCP gives up", () => {
  test.each([
    ["unreachable", "EHOSTUNREACH"],
    ["prohibit", "EHOSTUNREACH"],
    ["blackhole", "ETIMEDOUT"],
  ])(
    "%s: timeout, and closeError is %s",
    async (kind, code) => {
      const script = join(import.meta.dirname, "soft-errors.mjs");
      const { stdout } = await promisify(execFile)("unshare", ["--net", process.execPath, script, kind]);
      expect(JSON.parse(stdout)).toEqual({ reason: "timeout", code, state: "CLOSED" });
    },
    40_000,
  );
});
