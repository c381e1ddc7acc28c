// watchHealth over paths that lose segments or vanish. The path's own counts are the truth. Needs root, for
// network-path.cc.
import { describe, expect, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { overNetworkPath } from "../helpers/network-path";

type Told = Readonly<Record<"reading" | "idle" | "stopped", readonly string[]>>;

interface Counts {
  readonly segments: number;
  readonly droppedSegments: number;
}

interface Report {
  readonly before: Told;
  readonly gone: Told;
  readonly back: Told;
  readonly burst: Counts;
  readonly afterBurst: readonly string[];
  readonly losses: Counts;
  readonly atEnd: readonly string[];
}

describe.skipIf(lacks("linux", "tun", "compiler"))("over a path", () => {
  const run = overNetworkPath<Report>("health/watch-path.mjs");

  test("a path that vanishes stalls those who are sent something, until it is back", async () => {
    const { before, gone, back } = await run("gone");
    expect(before).toEqual({ reading: [], idle: [], stopped: ["began slow-reader"] });
    expect(gone).toEqual({
      reading: ["began stalled"],
      // With nothing to send, a dead client looks like an idle one.
      idle: [],
      // It stays a slow reader as far as anything is known.
      stopped: ["began slow-reader", "began stalled"],
    });
    expect(back).toEqual({
      reading: ["began stalled", "ended stalled"],
      idle: [],
      stopped: ["began slow-reader", "began stalled", "ended stalled", "ended slow-reader"],
    });
  }, 120_000);

  test("losses begin and end to be told, and one lost burst is not", async () => {
    const { burst, afterBurst, losses, atEnd } = await run("losses");
    expect(burst.droppedSegments).toBeGreaterThan(0);
    expect(afterBurst).toEqual([]);
    expect(losses.droppedSegments).toBe(Math.floor(losses.segments / 20));
    expect(losses.droppedSegments).toBeGreaterThan(5);
    expect(atEnd).toEqual(["began lossy", "ended lossy"]);
  }, 120_000);
});
