// The judge of `npm run test:diagnosis`: windows, truths and tables. The suite itself is slow and needs root.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { accuracyOf, evaluate } from "./evaluate.mts";
import { KINDS, planOf } from "./kinds/kinds.mts";
import type { KindPlan, Plan } from "./plan.mts";
import { parseRecording, type PathCounts, type Reading, type Recording } from "./recording.mts";
import { kindsTable, matrixTable, summarize, windowsTable } from "./report.mts";
import { TRUTHS, type Seen, type TruthName } from "./truths.mts";
import { seenIn, windowsOf } from "./windows.mts";

const NOTHING: PathCounts = {
  segments: 0,
  bytes: 0,
  retransmittedSegments: 0,
  retransmittedBytes: 0,
  droppedSegments: 0,
  queueDroppedSegments: 0,
  queueMsSum: 0,
  lateMs: 0,
};

const TCP_INFO = Buffer.alloc(280).toString("base64");

function readingsTo(endMs: number, countsAt: (atMs: number) => Partial<PathCounts> = () => ({})): Reading[] {
  return Array.from({ length: endMs / 100 + 1 }, (_, i) => ({
    atMs: i * 100,
    tcpInfo: TCP_INFO,
    pendingBytes: i,
    waitedMs: 0,
    path: { ...NOTHING, ...countsAt(i * 100) },
  }));
}

function recordingOf(readings: readonly Reading[], plan: Partial<Plan>): Recording {
  return {
    plan: {
      kind: "one",
      congestionControl: "cubic",
      seed: 2,
      parameters: {},
      server: { does: "bulk" },
      durationMs: 5000,
      phases: [{ fromMs: 1000, toMs: 4000, truth: "application" }],
      ...plan,
    },
    machine: { kernelRelease: "6.18.0", endianness: "LE" },
    load: 0,
    readings,
  };
}

describe("windows", () => {
  test.each([
    [500, 6],
    [1000, 3],
    [2000, 1],
    [9000, 1],
  ])("of %i ms follow each other within a phase", (windowMs, count) => {
    const windows = windowsOf(recordingOf(readingsTo(5000), {}), windowMs);
    expect(windows).toHaveLength(count);
    expect(windows[0]?.pendingBytes).toBe(10);
    for (const { intervalMs } of windows) expect(intervalMs).toBe(Math.min(windowMs, 3000));
  });

  test("are one window, where a phase has no end", () => {
    const windows = windowsOf(recordingOf(readingsTo(1200), { phases: [{ fromMs: 0, truth: "distance" }] }), 500);
    expect(windows.map(({ intervalMs }) => intervalMs)).toEqual([1200]);
  });

  test("don't count where the server or the path was kept waiting", () => {
    const late = readingsTo(5000, (atMs) => ({ lateMs: atMs === 1500 ? 60 : 0 }));
    const readings = late.map((reading) => ({ ...reading, waitedMs: reading.atMs === 3500 ? 60 : 0 }));
    const { judged, disturbed } = evaluate([recordingOf(readings, {})], 1000, () => ({ verdict: "healthy" }));
    expect(judged.map(({ atMs }) => atMs)).toEqual([3000]);
    expect(disturbed).toBe(2);
  });
});

describe("what the path did", () => {
  test("is summed up over the window", () => {
    const readings = readingsTo(3000, () => ({ segments: 10, queueMsSum: 50 }));
    expect(seenIn(readings, 1000, 2000, 20)).toEqual({
      segments: 100,
      droppedSegments: 0,
      maybeDroppedSegments: 0,
      leastQueueMs: 5,
      mostQueueMs: 5,
    });
  });

  test("at its end the server can't know yet, and at its beginning may hear of earlier drops", () => {
    const droppedAt = (when: number) => readingsTo(3000, (atMs) => ({ droppedSegments: atMs === when ? 4 : 0 }));
    const drops = (when: number) => {
      const { droppedSegments, maybeDroppedSegments } = seenIn(droppedAt(when), 1000, 2000, 100);
      return [droppedSegments, maybeDroppedSegments];
    };
    expect(drops(500)).toEqual([0, 0]);
    expect(drops(900)).toEqual([0, 4]);
    expect(drops(1500)).toEqual([4, 4]);
    expect(drops(1900)).toEqual([0, 4]);
    expect(drops(2100)).toEqual([0, 0]);
  });

  test("a queue that has just begun is not acknowledged yet", () => {
    const readings = readingsTo(3000, (atMs) => ({ segments: 10, queueMsSum: atMs > 1000 ? 2000 : 0 }));
    const { leastQueueMs, mostQueueMs } = seenIn(readings, 1000, 2000, 600);
    expect(mostQueueMs).toBe(200);
    expect(leastQueueMs).toBeLessThan(60);
  });
});

describe("truths", () => {
  const seen: Seen = {
    segments: 1000,
    droppedSegments: 0,
    maybeDroppedSegments: 0,
    leastQueueMs: 0,
    mostQueueMs: 0,
  };
  test.each<[TruthName, Partial<Seen>, string]>([
    ["loss", {}, "healthy"],
    ["loss", { maybeDroppedSegments: 1 }, "lossy healthy"],
    ["loss", { droppedSegments: 4, maybeDroppedSegments: 4 }, "lossy healthy"],
    ["loss", { droppedSegments: 5, maybeDroppedSegments: 5 }, "lossy"],
    ["loss in answers", {}, "application-limited"],
    ["own queue", { mostQueueMs: 30 }, "healthy"],
    ["own queue", { mostQueueMs: 100, leastQueueMs: 30 }, "queueing healthy"],
    ["own queue", { mostQueueMs: 300, leastQueueMs: 100 }, "queueing"],
    ["own queue", { mostQueueMs: 300, leastQueueMs: 100, maybeDroppedSegments: 1 }, "queueing lossy"],
    ["queue of others", { mostQueueMs: 300, leastQueueMs: 100 }, "queueing"],
  ])("%s with %j: %s", (name, part, right) => {
    expect(TRUTHS[name]({ ...seen, ...part }).join(" ")).toBe(right);
  });
});

test("tables and the summary count what is right", () => {
  const plans = ["stop", "slow"].map((kind) => recordingOf(readingsTo(5000), { kind }));
  const { judged, disturbed } = evaluate(plans, 1000, ({ atMs }) => ({
    verdict: atMs === 2000 ? "healthy" : "application-limited",
  }));
  expect(accuracyOf(judged)).toBeCloseTo(4 / 6);
  expect(summarize({ judged, disturbed })).toBe("4 of 6 windows right (66.7 %)");
  expect(windowsTable([["of 1000 ms", { judged, disturbed: 3 }, { judged, disturbed: 3 }]])).toContain(
    "| of 1000 ms | 66.7 % (4 of 6) | 66.7 % (4 of 6) | 3 |",
  );
  expect(matrixTable(judged)).toContain("| application | 4 of 6 | application-limited 4 | healthy 2 |");
  expect(kindsTable(judged)).toContain("| `stop` | 2 of 3 |  | healthy 1 |");
});

test("a recording is lines of JSON", () => {
  const { readings, ...head } = recordingOf(readingsTo(300), {});
  const text = [head, ...readings].map((line) => `${JSON.stringify(line)}\n`).join("");
  expect(parseRecording(text)).toEqual({ ...head, readings });
});

describe("kinds", () => {
  const plans = KINDS.flatMap((kind) => [1, 2].map((seed) => planOf(kind, "cubic", seed)));

  test("have names of their own", () => {
    expect(new Set(KINDS.map(({ name }) => name)).size).toBe(KINDS.length);
    expect(KINDS.length).toBeGreaterThanOrEqual(43);
  });

  test("draw the same plan from a seed, and another one from another", () => {
    for (const kind of KINDS) expect(planOf(kind, "bbr", 3)).toEqual(planOf(kind, "bbr", 3));
    const [one, two] = plans;
    expect(one?.parameters).not.toEqual(two?.parameters);
  });

  /** The programs ignore words that they don't know. */
  const wordsOf = (file: string) => {
    const source = readFileSync(join(import.meta.dirname, file), "utf8");
    return [...source.matchAll(/setting\("(\w+)"\)|"(\w+)=",? ?\d*/g)].map(([, read, written]) => read ?? written);
  };
  test.each<[string, string, (plan: KindPlan) => readonly unknown[]]>([
    ["path", "../helpers/network-path.cc", ({ path, changes = [] }) => [path, ...changes.map(({ set }) => set)]],
    ["peer", "peer.cc", ({ peer }) => [typeof peer === "string" ? {} : peer]],
    ["listener", "listen.cc", ({ listen }) => [listen]],
  ])("use only words that the %s knows", (_, file, settingsOf) => {
    const used = plans.flatMap((plan) => settingsOf(plan).flatMap((settings) => Object.keys(settings ?? {})));
    expect(wordsOf(file)).toEqual(expect.arrayContaining([...new Set(used)]));
  });

  test("have phases that end with the run", () => {
    for (const { kind, durationMs, phases } of plans)
      for (const { fromMs, toMs = durationMs } of phases) {
        expect([kind, fromMs < toMs && toMs <= durationMs]).toEqual([kind, true]);
      }
  });
});
