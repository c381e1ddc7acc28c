// A transfer that is as fast as its link has much to send all the time, and nothing is wrong with it. Needs root, for
// network-path.cc.
import { describe, expect, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { overNetworkPath } from "../helpers/network-path";

const BYTES_PER_SECOND = 20_000_000 / 8;

interface Report {
  readonly told: readonly string[];
  readonly waiting: readonly number[];
  readonly bytesPerSecond: number;
}

describe.skipIf(lacks("linux", "tun", "compiler"))("over a link of 20 Mbit/s", () => {
  const run = overNetworkPath<Report>("health/bulk.mjs");

  test("nothing is told about a transfer that fills it", async () => {
    const { told, waiting, bytesPerSecond } = await run();
    expect(told).toEqual([]);
    // The link was the limit, and hundreds of kilobytes waited for it.
    expect(bytesPerSecond).toBeGreaterThan(0.5 * BYTES_PER_SECOND);
    expect(bytesPerSecond).toBeLessThan(BYTES_PER_SECOND);
    expect(Math.min(...waiting.slice(1))).toBeGreaterThan(100_000);
  });
});
