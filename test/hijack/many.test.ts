// A thousand connections at a time, hijacked, refused, or hijacked and released: each is served, and nothing is left
// of it.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { certificate } from "../helpers/http-servers";
import { lacks } from "../helpers/needs";

const script = join(import.meta.dirname, "many.mjs");

interface Report {
  readonly served: number;
  readonly connectionsMeanwhile: number;
  readonly connections: number;
  readonly moreDescriptors: number;
  readonly alive: Readonly<Record<"sockets" | "requests" | "responses" | "parsers", number>>;
  readonly ownMore: readonly string[];
  readonly isAsBefore: boolean;
}

function run(kind: string, way: string, count: number): Report {
  const { key, cert } = certificate();
  const pair = JSON.stringify({ key: key.toString(), cert: cert.toString() });
  const parameters = ["--expose-gc", script, kind, way, String(count), pair];
  const { stdout, stderr } = spawnSync(process.execPath, parameters, { encoding: "utf8", timeout: 60_000 });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Report;
}

describe.skipIf(lacks("linux")).each([
  ["http", 1000],
  ["https", 100],
] as const)("%s", (kind, count) => {
  test.each(["hijack", "refused", "release"])(
    "%s",
    (way) => {
      const { alive, ...report } = run(kind, way, count);
      expect(report).toEqual({
        served: way === "hijack" ? count : 2 * count,
        connectionsMeanwhile: count,
        connections: 0,
        moreDescriptors: 0,
        ownMore: [],
        isAsBefore: true,
      });
      // Node keeps the last few for a while in its own lists, and parsers for the next connections.
      expect(alive.sockets).toBeLessThanOrEqual(count / 100);
      expect(alive.requests).toBeLessThanOrEqual(count / 100);
      expect(alive.responses).toBeLessThanOrEqual(count / 100);
      // A released connection has used two parsers.
      expect(alive.parsers).toBeLessThanOrEqual(1000);
    },
    90_000,
  );
});
