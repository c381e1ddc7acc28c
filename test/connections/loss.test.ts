// Real loss: the retransmissions that measureRequest and finalTcpInfo report are the segments that the path has seen
// twice. Needs root, for network-path.cc.
import type { LinuxTcpInfo } from "sockinfo";
import type { RequestCost } from "sockinfo/connections";
import { describe, expect, test } from "vitest";
import { lacks } from "../helpers/needs";
import { overNetworkPath } from "./helpers/network-path";

/** The counts of network-path.cc for the server's segments with data. */
interface Seen {
  readonly segments: number;
  readonly bytes: number;
  readonly retransmittedSegments: number;
  readonly retransmittedBytes: number;
  readonly droppedSegments: number;
}

interface Report {
  readonly cost: RequestCost;
  readonly blackout?: Seen;
  /** The server's data was outstanding for at least this time. */
  readonly blackoutMs: number;
  readonly rest: Seen;
  readonly bytesRead: number;
  /** Missing if the client left first. */
  readonly clientInfo?: LinuxTcpInfo;
  readonly final: LinuxTcpInfo;
}

/** Kernels count busyTimeMs in ticks of at most this length. */
const TICK_MS = 10;

describe.skipIf(lacks("linux", "tun", "compiler"))("over a path that loses segments", () => {
  const run = overNetworkPath<Report>("over-lossy-path.mjs");

  /** The kernel reports exactly those bytes and segments as retransmitted that the path has seen before. */
  function expectSeen({ cost, final, bytesRead }: Report, seen: Seen): void {
    expect(cost).toMatchObject({
      acked: true,
      aborted: false,
      shared: false,
      bytesAcked: bytesRead,
      bytesSent: seen.bytes,
      dataSegmentsSent: seen.segments,
      retransmittedSegments: seen.retransmittedSegments,
      retransmittedBytes: seen.retransmittedBytes,
    });
    expect(seen.bytes - seen.retransmittedBytes).toBe(bytesRead);
    // Every lost segment was sent again at least once.
    expect(cost.retransmittedSegments).toBeGreaterThanOrEqual(seen.droppedSegments);
    expect(final).toMatchObject({
      bytesSent: seen.bytes,
      dataSegmentsSent: seen.segments,
      retransmittedBytes: seen.retransmittedBytes,
      // Before that, a SYN may have been retransmitted.
      retransmittedSegments: seen.retransmittedSegments + (cost.start.retransmittedSegments ?? 0),
    });
  }

  test("each 20th segment", async () => {
    const report = await run("scattered");
    const { cost, rest, bytesRead } = report;
    const clientInfo = report.clientInfo as LinuxTcpInfo;
    expect(rest.droppedSegments).toBe(Math.floor(rest.segments / 20));
    expect(rest.droppedSegments).toBeGreaterThan(10);
    expectSeen(report, rest);
    // The client received each byte once, and some segments out of order after a gap.
    expect(clientInfo).toMatchObject({ bytesReceived: bytesRead });
    expect(clientInfo.dataSegmentsReceived).toBe(rest.segments - rest.droppedSegments);
    expect(clientInfo.outOfOrderSegmentsReceived).toBeGreaterThan(0);
    expect(cost.start).toMatchObject({ retransmittedBytes: 0, bytesSent: 0 });
  });

  test("all segments, until two timeouts have run out", async () => {
    const report = await run("blackout");
    const { cost, rest, blackoutMs } = report;
    const blackout = report.blackout as Seen;
    expect(blackout.segments).toBe(blackout.droppedSegments);
    expect(rest.droppedSegments).toBe(0);
    expectSeen(report, add(blackout, rest));
    expect(cost.busyTimeMs).toBeGreaterThanOrEqual(blackoutMs - TICK_MS);
    // The path's time, and not the handler's, the client's or the send buffer's.
    expect(cost.shares?.networkMs).toBeGreaterThanOrEqual(blackoutMs - TICK_MS);
    // Linux 6.7 and later count timeouts. Each timeout sends one segment again.
    if (cost.totalRtos === undefined) return;
    expect(cost.totalRtos).toBeGreaterThanOrEqual(2);
    expect(cost.totalRtos).toBeLessThanOrEqual(blackout.retransmittedSegments + rest.retransmittedSegments);
    expect(cost.totalRtoRecoveries).toBeGreaterThanOrEqual(1);
    expect(cost.totalRtoTimeMs).toBeGreaterThan(0);
  });

  test("all segments, until the client resets: nothing is acknowledged, although nothing is outstanding", async () => {
    const { cost, rest, final } = await run("reset");
    expect(rest.segments).toBe(rest.droppedSegments);
    expect(cost).toMatchObject({ aborted: false, acked: false, bytesAcked: 0, bytesSent: rest.bytes });
    expect(cost).toMatchObject({ retransmittedSegments: rest.retransmittedSegments });
    expect(cost.end).toEqual(final);
    expect(final).toMatchObject({ state: "CLOSED", unackedSegments: 0, notSentBytes: 0 });
  });
});

function add(one: Seen, two: Seen): Seen {
  const names = Object.keys(one) as (keyof Seen)[];
  return Object.fromEntries(names.map((name) => [name, one[name] + two[name]])) as unknown as Seen;
}
