// diagnoseTcp on recorded connections whose limits are known, on the same connections as older kernels report them,
// and on what no connection should look like.
import { diagnoseTcp, type LinuxTcpInfo, type TcpVerdict } from "sockinfo";
import { describe, expect, test } from "vitest";
import { apart, captureOf, captures, diagnose } from "./captures";

describe("recorded connections", () => {
  test("all kinds of limits are among them", () => {
    const verdicts = new Set(captures.flatMap(({ right }) => right));
    expect([...verdicts].toSorted()).toEqual([
      "application-limited",
      "closing",
      "healthy",
      "idle",
      "lossy",
      "queueing",
      "reordering",
      "slow-reader",
      "small-send-buffer",
      "small-window",
      "stalled",
    ] satisfies TcpVerdict[]);
  });

  test.each(captures.map((capture) => [capture.name, capture] as const))("%s", (_, capture) => {
    expect(capture.right).toContain(diagnose(capture).verdict);
  });

  test("the numbers agree with those of the path and the programs", () => {
    // The peer read 108 kB each second, in a round trip of 85 ms and with a window of 9.2 kB.
    const { before, after, intervalMs } = captureOf("opens.cubic");
    const diagnosis = diagnose(captureOf("opens.cubic"));
    expect(diagnosis.measure).toBe("limitBytesPerSecond");
    expect(diagnosis.goodputBytesPerSecond).toBeCloseTo(
      (((after.bytesAcked ?? 0) - (before.bytesAcked ?? 0)) / intervalMs) * 1000,
    );
    expect((diagnosis.value ?? 0) / (diagnosis.goodputBytesPerSecond ?? 0)).toBeGreaterThan(0.8);
    expect((diagnosis.value ?? 0) / (diagnosis.goodputBytesPerSecond ?? 0)).toBeLessThan(1.25);
  });

  test("the four shares sum to the interval", () => {
    for (const capture of captures) {
      const { shares, intervalMs } = diagnose(capture);
      const sum = Object.values(shares ?? {}).reduce((total: number, ms: number) => total + ms, 0);
      expect(sum).toBeCloseTo(intervalMs, 2);
    }
  });

  test("loss costs cubic its speed, and bbr nothing", () => {
    expect(diagnose(captureOf("loss3.cubic"))).toMatchObject({ verdict: "lossy", lossLimitsSpeed: true });
    expect(diagnose(captureOf("loss1.bbr"))).toMatchObject({ verdict: "lossy", lossLimitsSpeed: false });
    expect(diagnose(captureOf("loss3.cubic")).sentence).toMatch(/That limits the speed\.$/);
    expect(diagnose(captureOf("loss1.bbr")).sentence).toMatch(/That does not limit the speed\.$/);
  });

  test("a second finding is shown", () => {
    const { verdict, also } = diagnose(captureOf("mixloss.bbr"));
    expect([verdict, also?.verdict, also?.measure]).toEqual(["slow-reader", "lossy", "lossRatio"]);
    expect(also?.sentence).toMatch(/^Packets are lost .*\.$/);
  });

  test("a peer that stalls has no queue, and shows no old rate", () => {
    const { queueingMs, goodputBytesPerSecond, sentence } = diagnose(captureOf("hole.bbr"));
    expect({ queueingMs, goodputBytesPerSecond }).toEqual({ queueingMs: undefined, goodputBytesPerSecond: 0 });
    expect(sentence).not.toContain("/s");
    for (const kind of ["idle.cubic", "holeidle.bbr", "stop.cubic", "stophole.cubic"])
      expect([kind, diagnose(captureOf(kind)).queueingMs]).toEqual([kind, undefined]);
  });
});

describe("pendingBytes", () => {
  const sndbuf = captureOf("sndbuf.cubic");

  test("decides between a small send buffer and an application that writes little", () => {
    expect(diagnose(sndbuf)).toMatchObject({ verdict: "small-send-buffer", cause: "pending-in-application" });
    expect(diagnose({ ...sndbuf, pendingBytes: 0 })).toMatchObject({
      verdict: "application-limited",
      cause: "small-writes",
    });
  });

  test("without it, the sentence names both", () => {
    const { before, after, intervalMs } = sndbuf;
    const both = diagnoseTcp(before, after, { intervalMs });
    expect(both).toMatchObject({ verdict: "application-limited", cause: "small-writes" });
    expect(both.sentence).toMatch(/, or its send buffer is too small\.$/);
    expect(diagnose({ ...sndbuf, pendingBytes: 0 }).sentence).not.toContain("send buffer");
  });
});

describe("intervals", () => {
  const drip = captureOf("drip.cubic");

  test("below half a second there is no verdict, but the numbers", () => {
    const long = diagnose(drip);
    const short = diagnose(apart(drip, 499));
    expect(short).toMatchObject({
      verdict: "unknown",
      cause: "too-little-seen",
      measure: "intervalMs",
      value: 499,
      retransmissionRatio: long.retransmissionRatio,
      notSentBytes: long.notSentBytes,
    });
    expect(short.goodputBytesPerSecond).toBeGreaterThan(0);
    expect(short.also).toBeUndefined();
  });

  test("the end of a connection needs no interval", () => {
    expect(diagnose({ ...captureOf("close.bbr"), intervalMs: 1 }).verdict).toBe("closing");
  });

  test("an interval that is much shorter than the connection was busy is wrong", () => {
    const bulk = captureOf("bandwidth.cubic");
    const busyMs = (bulk.after.busyTimeMs ?? 0) - (bulk.before.busyTimeMs ?? 0);
    expect(diagnose({ ...bulk, intervalMs: busyMs / 1.5 })).toMatchObject({
      verdict: "unknown",
      cause: "interval-wrong",
      shares: undefined,
      goodputBytesPerSecond: undefined,
    });
    // Ticks, and a machine that did other work between two calls.
    const { verdict, shares } = diagnose({ ...apart(bulk, busyMs - 40) });
    expect(verdict).toBe("healthy");
    expect(shares).toMatchObject({ applicationMs: 0 });
  });
});

describe("intervals that the kernel's clocks disprove", () => {
  const wrong = { verdict: "unknown", cause: "interval-wrong", shares: undefined, goodputBytesPerSecond: undefined };
  /** Neither side has sent anything. */
  const idle = captureOf("idle.cubic");
  /** Only this side has. */
  const bulk = captureOf("bandwidth.cubic");

  test.each([idle, bulk])("too long, too short, and almost right: %#", (capture) => {
    for (const factor of [0.5, 0.8, 1.2, 2, 1e6]) {
      expect(diagnose({ ...capture, intervalMs: capture.intervalMs * factor })).toMatchObject(wrong);
    }
    for (const factor of [0.95, 1, 1.05]) {
      const diagnosis = diagnose({ ...capture, intervalMs: capture.intervalMs * factor });
      expect(capture.right).toContain(diagnosis.verdict);
    }
  });

  test("the sentence has both", () => {
    expect(diagnose({ ...idle, intervalMs: 60_000 }).sentence).toBe(
      "The kernel counts 1 s between the readings, so intervalMs (60 s) is wrong.",
    );
  });

  test("what was sent and received meanwhile resets the clocks, and a long interval can't be disproved", () => {
    const { before, after } = bulk;
    const asked = { ...bulk, after: { ...after, bytesReceived: (before.bytesReceived ?? 0) + 100 } };
    expect(diagnose({ ...asked, intervalMs: 5000 }).cause).not.toBe("interval-wrong");
    expect(diagnose({ ...asked, intervalMs: 500 }).sentence).toMatch(/^The kernel counts .* or more between/);
  });
});

describe("silence while bytes wait", () => {
  const { before, after } = captureOf("stophole.cubic");
  const waiting = { unackedSegments: 0, notSentBytes: 3000, bytesAcked: before.bytesAcked, consecutiveRtos: 0 };
  const look = (earlier: object, later: object, intervalMs = 1000) => {
    // The kernel's clocks agree with the interval.
    const { sinceLastDataSentMs = 0, sinceLastDataReceivedMs = 0 } = before;
    const clocks = {
      sinceLastDataSentMs: sinceLastDataSentMs + intervalMs,
      sinceLastDataReceivedMs: sinceLastDataReceivedMs + intervalMs,
    };
    const readings = [
      { ...before, ...waiting, ...earlier },
      { ...after, ...waiting, ...clocks, ...later },
    ] as const;
    return diagnoseTcp(...readings, { intervalMs });
  };

  test.each([0, 100, 1460, 65_536, undefined])("probes without an answer, in a window of %s bytes", (sndWndBytes) => {
    const window = { sndWndBytes, sndMssBytes: 1460 };
    for (const timerBackoffs of [0, 4]) {
      for (const isDeliveryRateAppLimited of [true, false]) {
        const state = { ...window, timerBackoffs, isDeliveryRateAppLimited };
        const seen = look(
          { ...state, unansweredProbes: 1, sinceLastAckReceivedMs: 900 },
          { ...state, unansweredProbes: 2, sinceLastAckReceivedMs: 1900 },
        );
        expect(seen).toMatchObject({ verdict: "stalled", cause: "probes-unanswered", value: 1900 });
      }
    }
  });

  test.each([0, 65_536, undefined])("it began within a long interval, in a window of %s bytes", (sndWndBytes) => {
    const later = { sndWndBytes, sndMssBytes: 1460, unansweredProbes: 4, sinceLastAckReceivedMs: 4000 };
    expect(look({ unansweredProbes: 0 }, later, 10_000).verdict).toBe("stalled");
  });

  test("the sentence says whether the peer or this machine is silent", () => {
    const silent = { unansweredProbes: 4, sinceLastAckReceivedMs: 6800, sndMssBytes: 1460 };
    expect(look(silent, { ...silent, sndWndBytes: 65_536 }).sentence).toBe(
      "Nothing leaves this server: 4 tries failed, 3 kB wait here, and the last answer came 6.8 s ago.",
    );
    const { rwndLimitedTimeMs } = before;
    const unlimited = { ...silent, sndWndBytes: undefined, rwndLimitedTimeMs };
    expect(look(silent, unlimited).sentence).toMatch(/^No answer from the peer: 4 tries/);
    expect(look(silent, { ...silent, sndWndBytes: 0 }).sentence).not.toContain("leaves");
  });

  test("a living peer that is late to answer the probes of its closed window is not stalled", () => {
    const late = { sndWndBytes: 0, sndMssBytes: 1460 };
    for (const [unansweredProbes, sinceLastAckReceivedMs] of [
      [1, 900],
      [2, 1400],
      [3, 1500],
      [1, 5000],
    ] as const) {
      const now = { ...late, unansweredProbes, sinceLastAckReceivedMs };
      expect(look({ ...late, unansweredProbes: 0 }, now).verdict).toBe("slow-reader");
    }
    // Answered in the interval, and again a probe is on its way.
    const again = { ...late, unansweredProbes: 1, sinceLastAckReceivedMs: 1600 };
    expect(look(again, again, 2000).verdict).toBe("slow-reader");
  });

  test("one attempt to send that failed, and bytes that wait for a moment, are no silence", () => {
    const open = { sndWndBytes: 65_536, sndMssBytes: 1460, sinceLastAckReceivedMs: 5000 };
    for (const unansweredProbes of [0, 1]) {
      expect(look({ unansweredProbes: 0 }, { ...open, unansweredProbes }).verdict).not.toBe("stalled");
    }
    expect(look({}, { ...open, unansweredProbes: 4, notSentBytes: 0 }).verdict).not.toBe("stalled");
    const acknowledged = (before.bytesAcked ?? 0) + 1000;
    expect(look({}, { ...open, unansweredProbes: 4, bytesAcked: acknowledged }).verdict).not.toBe("stalled");
  });
});

/** The verdicts of all captures as older kernels report them, by the length of their struct. */
describe("fields that a kernel lacks", () => {
  const verdictsAt = (length: number) =>
    captures.map((capture) => ({ capture, verdict: diagnose(capture.cutTo(length)).verdict }));
  const verdictOf = (name: string, length: number) => diagnose(captureOf(name).cutTo(length)).verdict;

  test.each([248, 240, 232])("a struct of %i bytes lacks nothing but timeouts", (length) => {
    for (const { capture, verdict } of verdictsAt(length)) {
      const { cause } = diagnose(capture);
      if (cause !== "timeouts") expect([capture.name, verdict]).toEqual([capture.name, diagnose(capture).verdict]);
    }
  });

  test("before 5.4 (224 bytes) a small window is a slow reader", () => {
    for (const name of ["rcvbuf.cubic", "rcvbuf.bbr", "opens.cubic"]) expect(verdictOf(name, 224)).toBe("slow-reader");
    expect(verdictOf("stop.cubic", 224)).toBe("slow-reader");
  });

  test("before 4.19 (200 bytes) reordering is not told from loss", () => {
    expect(verdictOf("reorder.cubic", 224)).toBe("reordering");
    expect(["lossy", "queueing", "healthy"]).toContain(verdictOf("reorder.cubic", 200));
    expect(diagnose(captureOf("loss3.cubic").cutTo(200)).spuriousRatio).toBeUndefined();
  });

  test("before 4.10 (168 bytes) there are no shares, and only verdicts that need none", () => {
    const allowed: readonly TcpVerdict[] = ["closing", "stalled", "idle", "lossy", "queueing", "unknown"];
    for (const { capture, verdict } of verdictsAt(168)) {
      expect([capture.name, allowed]).toEqual([capture.name, expect.arrayContaining([verdict])]);
      expect(diagnose(capture.cutTo(168)).shares).toBeUndefined();
      if (verdict !== "unknown") continue;
      expect(diagnose(capture.cutTo(168)).cause).toBe("fields-missing");
    }
    expect(verdictOf("hole.cubic", 168)).toBe("stalled");
    expect(verdictOf("loss3.cubic", 168)).toBe("lossy");
  });

  test.each([0, 4, 104, 120, 136, 144])("a struct of %i bytes, without notSentBytes, has no verdict", (length) => {
    for (const { verdict } of verdictsAt(length)) expect(["unknown", "closing"]).toContain(verdict);
    expect(diagnose(captureOf("hole.cubic").cutTo(length))).toMatchObject({
      verdict: "unknown",
      cause: "fields-missing",
    });
  });

  test("MPTCP has no verdict", () => {
    const { before, after, intervalMs } = captureOf("drip.cubic");
    expect(diagnoseTcp({ ...before, isMptcp: true }, { ...after, isMptcp: true }, { intervalMs })).toMatchObject({
      verdict: "unknown",
      cause: "mptcp",
    });
  });
});

describe("states", () => {
  const drip = captureOf("drip.cubic");
  const inState = (state: LinuxTcpInfo["state"]) => diagnose({ ...drip, after: { ...drip.after, state } });

  test.each([
    ["CLOSED", "closing", "closed"],
    ["FIN_WAIT_2", "closing", "delivered"],
    ["TIME_WAIT", "closing", "delivered"],
    ["SYN_SENT", "unknown", "not-connected"],
    ["SYN_RECEIVED", "unknown", "not-connected"],
    ["NEW_SYN_RECV", "unknown", "not-connected"],
    ["BOUND_INACTIVE", "unknown", "not-connected"],
    [undefined, "unknown", "fields-missing"],
  ] as const)("%s is %s, %s", (state, verdict, cause) => {
    const after = { ...drip.after, state, unackedSegments: 0, notSentBytes: 0 };
    expect(diagnose({ ...drip, after })).toMatchObject({ verdict, cause });
  });

  test("CLOSE_WAIT is not closing, because the peer may read for hours", () => {
    expect(inState("CLOSE_WAIT").verdict).toBe("application-limited");
    expect(diagnose(captureOf("half.bbr")).verdict).toBe("application-limited");
  });
});

describe("silence under small writes, which start the timer again", () => {
  const drip = captureOf("drip.cubic");
  /** Recorded on a path that dropped everything: no timer had run out. */
  const silent = { unackedSegments: 12, notSentBytes: 0, rtoMs: 276, timerBackoffs: 0, consecutiveRtos: 0 };
  const before = { ...drip.before, ...silent, unackedSegments: 6 };
  const after = { ...drip.after, ...silent, bytesAcked: before.bytesAcked, sinceLastAckReceivedMs: 1764 };

  test("is stalled without a retry", () => {
    const diagnosis = diagnose({ ...drip, before, after });
    expect(diagnosis).toMatchObject({ verdict: "stalled", cause: "no-answer", value: 1764 });
    expect(diagnosis.sentence).toBe(
      "No answer from the peer for 1.8 s, and no retry yet, because each write starts the timer again.",
    );
  });

  test.each([
    ["the first write after a pause", { unackedSegments: 0 }, {}],
    ["a second of silence", {}, { sinceLastAckReceivedMs: 990 }],
    ["a long timeout", {}, { rtoMs: 900 }],
    ["an answer", {}, { bytesAcked: (before.bytesAcked ?? 0) + 1 }],
    ["a closed window", {}, { sndWndBytes: 0 }],
  ])("%s is not", (_, earlier, later) => {
    const pair = { before: { ...before, ...earlier }, after: { ...after, ...later } };
    expect(diagnose({ ...drip, ...pair }).verdict).not.toBe("stalled");
  });
});

describe("a peer that takes nothing", () => {
  const stop = captureOf("stop.cubic");

  test("has no more said about it than that", () => {
    expect(diagnose(stop).cause).toBe("takes-nothing");
    expect(diagnose(stop).sentence).toMatch(/^The peer has taken nothing for [\d.]+ m?s, and .*B wait here\.$/);
  });

  test("takes nothing also while its window opens, and has no speed of 0", () => {
    const after = { ...stop.after, sndWndBytes: 95_000 };
    expect(diagnose({ ...stop, after })).toMatchObject({ cause: "takes-nothing", measure: "undeliveredBytes" });
  });
});

describe("counters that wrap", () => {
  test("of 32 bits do not change the result", () => {
    for (const capture of captures) {
      const wrapped = (info: LinuxTcpInfo, offset: number): LinuxTcpInfo => ({
        ...info,
        dataSegmentsSent: ((info.dataSegmentsSent ?? 0) + offset) >>> 0,
        segmentsSent: ((info.segmentsSent ?? 0) + offset) >>> 0,
        segmentsReceived: ((info.segmentsReceived ?? 0) + offset) >>> 0,
        reorderingEvents: ((info.reorderingEvents ?? 0) + offset) >>> 0,
      });
      const offset = 2 ** 32 - (capture.before.dataSegmentsSent ?? 0) - 1;
      const before = wrapped(capture.before, offset);
      const after = wrapped(capture.after, offset);
      expect(diagnose({ ...capture, before, after })).toEqual(diagnose(capture));
    }
  });
});

describe("numbers that mislead", () => {
  test("a window of one segment after a timeout does not make it look full a thousand times", () => {
    const drip = captureOf("tight.cubic");
    const after = { ...drip.after, sndCwndSegments: 1, unackedSegments: 1380 };
    expect(diagnose({ ...drip, after }).verdict).toBeDefined();
  });

  test("more duplicates than retransmissions come from the path, and hide no loss", () => {
    const loss = captureOf("loss3.cubic");
    const after = { ...loss.after, dsackDuplicateSegments: (loss.after.retransmittedSegments ?? 0) + 1 };
    expect(diagnose({ ...loss, after })).toMatchObject({ verdict: "lossy", spuriousRatio: undefined });
  });

  test("so do those that grow faster than retransmissions, after losses at the beginning", () => {
    const loss = captureOf("loss3.cubic");
    const retransmitted = (loss.after.retransmittedSegments ?? 0) - (loss.before.retransmittedSegments ?? 0);
    const before = { ...loss.before, dsackDuplicateSegments: 0 };
    const after = { ...loss.after, dsackDuplicateSegments: retransmitted + 1, totalRtos: loss.before.totalRtos };
    expect(after.dsackDuplicateSegments).toBeLessThan(after.retransmittedSegments ?? 0);
    expect(diagnose({ ...loss, before, after })).toMatchObject({ verdict: "lossy", spuriousRatio: undefined });
  });

  test("needless retransmissions are no loss", () => {
    const loss = captureOf("loss3.cubic");
    const retransmitted = (loss.after.retransmittedSegments ?? 0) - (loss.before.retransmittedSegments ?? 0);
    const after = {
      ...loss.after,
      totalRtos: loss.before.totalRtos,
      dsackDuplicateSegments: (loss.before.dsackDuplicateSegments ?? 0) + retransmitted,
    };
    const { verdict, spuriousRatio, lossRatio, retransmissionRatio } = diagnose({ ...loss, after });
    expect({ spuriousRatio, lossRatio }).toEqual({ spuriousRatio: 1, lossRatio: 0 });
    expect(retransmissionRatio).toBeGreaterThan(0.01);
    expect(verdict).not.toBe("lossy");
  });
});
