// examples/slow-clients: what its clients get, over a path that vanishes at the end. Needs root, for network-path.cc.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../../helpers/docs";
import { lacks } from "../../helpers/needs";
import { overNetworkPath } from "../helpers/network-path";

interface Line {
  readonly id: number;
  readonly began?: string;
  readonly ended?: string;
  readonly closeReason?: string;
}

interface Report {
  readonly log: readonly Line[];
  readonly reading: readonly number[];
  /** From the first small event of the slow client on. */
  readonly slow: readonly number[];
}

/** Between a small event and a whole one. */
const SMALL = 1000;

describe.skipIf(lacks("linux", "tun", "compiler"))("the example", () => {
  const run = overNetworkPath<Report>("health/slow-clients-path.mjs");

  test("sends less to a slow client until it has caught up, and drops the dead", async () => {
    const { log, reading, slow } = await run(join(root, "examples/slow-clients/server.mjs"));
    const steps = (wanted: number) =>
      log.filter(({ id }) => id === wanted).map(({ began, ended, closeReason }) => began ?? ended ?? closeReason);
    expect(steps(1)).toEqual(["stalled", "server-destroy", "stalled"]);
    expect(steps(2)).toEqual(["slow-reader", "slow-reader", "stalled", "server-destroy", "stalled"]);
    // The one that reads got whole events all the time.
    expect(Math.min(...reading)).toBeGreaterThan(SMALL);
    // The other got small events, and then whole ones until the end.
    const restored = slow.findIndex((size) => size > SMALL);
    expect(restored).toBeGreaterThan(0);
    expect(slow.slice(restored).filter((size) => size < SMALL)).toEqual([]);
  }, 120_000);
});
