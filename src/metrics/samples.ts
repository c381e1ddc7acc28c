// The histograms: their samples of a connection, and their boundaries.
import { isExpected } from "./presence";
import type { Reading } from "./tcp-counters";

export type SampleName = "durationSeconds" | "requests" | "rttSeconds" | "minRttSeconds" | "queueingSeconds";

/** Receives the samples. Must not throw. */
export type RecordSample = (name: SampleName, value: number, className: string | undefined) => void;

const RTT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2] as const;

/** The upper boundaries of the buckets. */
export const BOUNDARIES: Readonly<Record<SampleName, readonly number[]>> = {
  durationSeconds: [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400],
  requests: [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000],
  rttSeconds: RTT_SECONDS,
  minRttSeconds: RTT_SECONDS,
  queueingSeconds: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1],
};

/** The samples that this system can have. */
export function expectedSamples(): readonly SampleName[] {
  const names: SampleName[] = ["durationSeconds", "requests"];
  if (isExpected(({ rttMs }) => rttMs)) names.push("rttSeconds");
  if (isExpected(({ minRttMs }) => minRttMs)) names.push("minRttSeconds", "queueingSeconds");
  return names;
}

/** Records the round-trip times of a reading. Connections without a sample of the kernel are left out. */
export function recordRtt(record: RecordSample, { rttMs, minRttMs }: Reading, className: string | undefined): void {
  if (rttMs === undefined) return;
  record("rttSeconds", rttMs / 1000, className);
  if (minRttMs === undefined) return;
  record("minRttSeconds", minRttMs / 1000, className);
  record("queueingSeconds", Math.max(0, rttMs - minRttMs) / 1000, className);
}
