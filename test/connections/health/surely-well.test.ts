// Connections that are surely well are not diagnosed. So no diagnosis of one may find a condition, whatever its other
// numbers are.
import { decodeTcpInfo, diagnoseTcp, type LinuxTcpInfo } from "sockinfo";
import { expect, test } from "vitest";
import { CALM, seenIn } from "../../../src/connections/health/conditions";
import { isSurelyWell, type Watched } from "../../../src/connections/health/look";
import { Random } from "../../helpers/random";

const EMPTY = decodeTcpInfo(new Uint8Array(0), "linux");
const COUNTERS = ["bytesAcked", "bytesSent", "dataSegmentsSent", "retransmittedSegments", "totalRtos"] as const;
const TIMES = ["busyTimeMs", "rwndLimitedTimeMs", "sndbufLimitedTimeMs"] as const;

const GAUGES: Readonly<Partial<Record<keyof LinuxTcpInfo, readonly unknown[]>>> = {
  state: ["ESTABLISHED", "CLOSE_WAIT"],
  sndMssBytes: [1460],
  sndWndBytes: [undefined, 0, 1000, 65_536],
  sndCwndSegments: [1, 10],
  unackedSegments: [0, 1, 20],
  notSentBytes: [undefined, 0, 0, 0, 1, 1_000_000],
  consecutiveRtos: [0, 0, 0, 2],
  unansweredProbes: [0, 0, 1, 4],
  timerBackoffs: [0, 0, 0, 2],
  rtoMs: [200],
  rttMs: [1, 300],
  minRttMs: [1],
  sinceLastAckReceivedMs: [0, 500, 5000],
};

function makeReading(random: Random, before?: LinuxTcpInfo): LinuxTcpInfo {
  const gauges = Object.entries(GAUGES).map(([name, values]) => [name, random.pick(values)] as const);
  const grow = (name: keyof LinuxTcpInfo, steps: readonly number[]) =>
    [name, ((before?.[name] as number | undefined) ?? 0) + random.pick(steps)] as const;
  const counters = COUNTERS.map((name) => grow(name, [0, 0, 1, 3, 50]));
  const times = TIMES.map((name) => grow(name, [0, 300, 900]));
  return { ...EMPTY, ...Object.fromEntries([...gauges, ...counters, ...times]) };
}

test("no diagnosis of a connection that is surely well finds a condition", () => {
  const random = new Random(16);
  const counts = { well: 0, unwell: 0 };
  const missed: unknown[] = [];
  for (let round = 0; round < 200_000; round++) {
    const before = makeReading(random);
    const after = makeReading(random, before);
    const { retransmittedSegments, totalRtos } = before;
    const found = Object.values(seenIn(diagnoseTcp(before, after, { intervalMs: 1000 }))).includes(true);
    const watched = { retransmittedSegments, totalRtos, health: CALM } as Watched;
    if (found) counts.unwell++;
    if (!isSurelyWell(watched, after)) continue;
    counts.well++;
    if (found) missed.push({ before, after });
  }
  expect(missed.slice(0, 1)).toEqual([]);
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(1000);
});
