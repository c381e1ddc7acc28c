// Real loss: what measureRequest and finalTcpInfo say was retransmitted is what the path has seen twice. Needs root: lossy-path.cc.
import type { LinuxTcpInfo } from "sockinfo";
import type { RequestCost } from "sockinfo/connections";
import { describe, expect, test } from "vitest";
import { lacks } from "../helpers/needs";
import { overLossyPath } from "./helpers/lossy-path";

/** What lossy-path.cc has seen of the server's segments with data. */
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
  /** How long, at least, the server's data was outstanding. */
  readonly blackoutMs: number;
  readonly rest: Seen;
  readonly bytesRead: number;
  /** Not there when the client was first to go. */
  readonly clientInfo?: LinuxTcpInfo;
  readonly final: LinuxTcpInfo;
}

/** Kernels count busyTimeMs in ticks, which are at most this long. */
const TICK_MS = 10;

describe.skipIf(lacks("linux", "tun", "compiler"))("over a path that loses segments", () => {
  const run = overLossyPath<Report>("over-lossy-path.mjs");

  /** What the path has seen more than once, and no more, is what the kernel says it sent again. */
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
    // What was lost was sent again, at least once.
    expect(cost.retransmittedSegments).toBeGreaterThanOrEqual(seen.droppedSegments);
    expect(final).toMatchObject({
      bytesSent: seen.bytes,
      dataSegmentsSent: seen.segments,
      retransmittedBytes: seen.retransmittedBytes,
      // A SYN may have been, before.
      retransmittedSegments: seen.retransmittedSegments + (cost.start.retransmittedSegments ?? 0),
    });
  }

  test("each 20th", async () => {
    const report = await run("scattered");
    const { cost, rest, bytesRead } = report;
    const clientInfo = report.clientInfo as LinuxTcpInfo;
    expect(rest.droppedSegments).toBe(Math.floor(rest.segments / 20));
    expect(rest.droppedSegments).toBeGreaterThan(10);
    expectSeen(report, rest);
    // The client's side of it: each byte once, and what came after a gap out of order.
    expect(clientInfo).toMatchObject({ bytesReceived: bytesRead });
    expect(clientInfo.dataSegmentsReceived).toBe(rest.segments - rest.droppedSegments);
    expect(clientInfo.outOfOrderSegmentsReceived).toBeGreaterThan(0);
    expect(cost.start).toMatchObject({ retransmittedBytes: 0, bytesSent: 0 });
  });

  test("all of them, until two timeouts have run out", async () => {
    const report = await run("blackout");
    const { cost, rest, blackoutMs } = report;
    const blackout = report.blackout as Seen;
    expect(blackout.segments).toBe(blackout.droppedSegments);
    expect(rest.droppedSegments).toBe(0);
    expectSeen(report, add(blackout, rest));
    expect(cost.busyTimeMs).toBeGreaterThanOrEqual(blackoutMs - TICK_MS);
    // Linux 6.7 counts timeouts. Each sends one segment again.
    if (cost.totalRtos === undefined) return;
    expect(cost.totalRtos).toBeGreaterThanOrEqual(2);
    expect(cost.totalRtos).toBeLessThanOrEqual(blackout.retransmittedSegments + rest.retransmittedSegments);
    expect(cost.totalRtoRecoveries).toBeGreaterThanOrEqual(1);
    expect(cost.totalRtoTimeMs).toBeGreaterThan(0);
  });

  test("all of them, and then the client resets: nothing waits for an acknowledgement any more, and nothing is acknowledged", async () => {
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
