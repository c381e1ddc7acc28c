// Totals of counters, against a connection that counts in numbers of any size while the kernel's counters wrap.
import { expect, test } from "vitest";
import { Presence } from "../../src/metrics/presence";
import { type Reading, readOf, TCP_COUNTERS } from "../../src/metrics/tcp-counters";
import { countersOf, newCounters, TcpTotals } from "../../src/metrics/tcp-totals";
import { lacks } from "../helpers/needs";
import { Random } from "../helpers/random";

/** What the kernel would show of a connection that has truly counted this. */
function shown(truth: { segments: number; bytes: number; ms: number }): Reading {
  return {
    dataSegmentsSent: truth.segments % 2 ** 32,
    retransmittedSegments: (truth.segments * 2) % 2 ** 32,
    dsackDuplicateSegments: truth.segments % 2 ** 32,
    bytesSent: truth.bytes,
    bytesReceived: truth.bytes * 2,
    retransmittedBytes: truth.bytes,
    busyTimeMs: truth.ms * 3,
    rwndLimitedTimeMs: truth.ms,
    sndbufLimitedTimeMs: truth.ms,
  };
}

test.skipIf(lacks("linux"))("counters of 32 bits may wrap, and 64 bits grow beyond that", () => {
  const random = new Random(18);
  const totals = new TcpTotals();
  const last = newCounters();
  const truth = { segments: 0, bytes: 0, ms: 0 };
  for (let step = 0; step < 2000; step++) {
    truth.segments += random.below(2 ** 29);
    truth.bytes += random.below(2 ** 40);
    truth.ms += random.below(60_000);
    totals.add(last, shown(truth));
  }
  expect(truth.segments).toBeGreaterThan(50 * 2 ** 32);
  expect(totals.get("sentSegments")).toBe(truth.segments);
  expect(totals.get("retransmittedSegments")).toBe(truth.segments * 2);
  expect(totals.get("spuriousSegments")).toBe(truth.segments);
  expect(totals.get("sentBytes")).toBe(truth.bytes);
  expect(totals.get("receivedBytes")).toBe(truth.bytes * 2);
  expect(totals.get("networkLimitedSeconds")).toBeCloseTo(truth.ms / 1000, 6);
  expect(totals.get("receiverLimitedSeconds")).toBeCloseTo(truth.ms / 1000, 6);
});

test("an earlier or a missing reading adds nothing, and is not counted again", () => {
  const totals = new TcpTotals();
  const last = newCounters();
  const at = (step: number) => shown({ segments: step, bytes: step, ms: step });
  const sequence = [at(100), at(60), {}, at(100), at(130), at(129)];
  const seen = sequence.map((reading) => {
    totals.add(last, reading);
    return [totals.get("sentSegments"), totals.get("sentBytes"), totals.get("networkLimitedSeconds")];
  });
  const after = (step: number) => [step, step, expect.closeTo(step / 1000, 9) as number];
  expect(seen).toEqual([after(100), after(100), after(100), after(100), after(130), after(130)]);
});

test("the past of a connection that was there before is not counted", () => {
  const totals = new TcpTotals();
  const last = countersOf(shown({ segments: 4_294_967_290, bytes: 7e12, ms: 5000 }));
  totals.add(last, shown({ segments: 4_294_967_299, bytes: 7e12 + 5, ms: 6000 }));
  expect([totals.get("sentSegments"), totals.get("sentBytes"), totals.get("receiverLimitedSeconds")]).toEqual([
    9, 5, 1,
  ]);
});

test("a counter that no reading has is not there, and one that a later reading has is", () => {
  const presence = new Presence(TCP_COUNTERS.map(({ read }) => read));
  const has = () => TCP_COUNTERS.filter(({ read }) => presence.has(read)).map(({ name }) => name);
  if (process.platform === "linux") expect(has()).toEqual(TCP_COUNTERS.map(({ name }) => name));
  // A kernel before 4.19.
  presence.note({ retransmittedSegments: 0, bytesReceived: 0 });
  expect(has()).toEqual(["retransmittedSegments", "receivedBytes"]);
  presence.note({ bytesSent: 5 });
  presence.note({});
  expect(has()).toEqual(["retransmittedSegments", "sentBytes", "receivedBytes"]);
  expect(presence.has(readOf("spuriousSegments"))).toBe(false);
});
