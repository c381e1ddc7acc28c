// Cuts a recording into windows: two readings, and what is true of the time between.
import { decodeTcpInfo, type LinuxTcpInfo } from "sockinfo";
import type { Phase } from "./plan.mts";
import type { PathCounts, Reading, Recording } from "./recording.mts";
import { TRUTHS, type Seen, type TruthName, type Verdict } from "./truths.mts";

export interface Window {
  readonly truth: TruthName;
  readonly right: readonly Verdict[];
  readonly before: LinuxTcpInfo;
  readonly after: LinuxTcpInfo;
  readonly intervalMs: number;
  /** The smaller one of the two readings. */
  readonly pendingBytes: number;
  /**
   * The machine was too busy: the server or the path did not do what the plan says. Never where the processors are the
   * limit.
   */
  readonly isDisturbed: boolean;
  /** When it ended, for messages. */
  readonly atMs: number;
}

/** A window may be so much shorter than asked for, because readings come late. */
const TOLERANCE_MS = 60;
/** diagnoseTcp refuses to judge less. */
const SHORTEST_MS = 500;
/** A phase takes readings in that are late or early by less than this. */
const EARLY_MS = 20;
/** Longer waits for a processor, in a step of 100 ms, disturb a window. */
const MOST_WAIT_MS = 50;
/** The kernel notices a loss later than this if nothing follows the lost segment. */
const NEWS_MS = 250;

export function windowsOf(recording: Recording, windowMs: number): Window[] {
  return recording.plan.phases.flatMap((phase) => windowsOfPhase(recording, phase, windowMs));
}

function windowsOfPhase(recording: Recording, phase: Phase, windowMs: number): Window[] {
  const { fromMs, toMs = Infinity, truth } = phase;
  const readings = recording.readings.filter(({ atMs }) => atMs >= fromMs - EARLY_MS && atMs <= toMs + TOLERANCE_MS);
  const phaseMs = (toMs === Infinity ? (readings.at(-1)?.atMs ?? 0) : toMs) - fromMs;
  const wantedMs = Math.max((toMs === Infinity ? phaseMs : Math.min(windowMs, phaseMs)) - TOLERANCE_MS, SHORTEST_MS);
  const windows: Window[] = [];
  let first = readings[0];
  for (const last of readings) {
    if (first === undefined || last.atMs - first.atMs < wantedMs) continue;
    windows.push(windowOf(recording, truth, first, last));
    first = last;
  }
  return windows;
}

function windowOf(recording: Recording, truth: TruthName, first: Reading, last: Reading): Window {
  const { readings, machine, plan } = recording;
  const between = readings.filter(({ atMs }) => atMs > first.atMs && atMs <= last.atMs);
  const decode = (reading: Reading) => decodeTcpInfo(Buffer.from(reading.tcpInfo, "base64"), "linux", machine);
  return {
    truth,
    right: TRUTHS[truth](seenIn(readings, first.atMs, last.atMs, (plan.path?.["delay"] ?? 0) * 2)),
    before: decode(first),
    after: decode(last),
    intervalMs: last.atMs - first.atMs,
    pendingBytes: Math.min(first.pendingBytes, last.pendingBytes),
    isDisturbed: truth !== "unlimited" && between.some(isDelayed),
    atMs: last.atMs,
  };
}

function isDelayed({ waitedMs, path }: Reading): boolean {
  return waitedMs > MOST_WAIT_MS || (path?.lateMs ?? 0) > MOST_WAIT_MS;
}

/** What the path did between two times, in milliseconds. */
export function seenIn(readings: readonly Reading[], fromMs: number, toMs: number, rttMs: number): Seen {
  const sum = (name: keyof PathCounts, from: number, to: number) =>
    readings.reduce((total, { atMs, path }) => total + (path && atMs > from && atMs <= to ? path[name] : 0), 0);
  const averageQueueMs = (from: number, to: number) => {
    const passed = sum("segments", from, to) - sum("droppedSegments", from, to);
    return passed > 0 ? sum("queueMsSum", from, to) / passed : 0;
  };
  const queueMs = averageQueueMs(fromMs, toMs);
  // An acknowledgement is so much later than its segment.
  const newsMs = rttMs + queueMs;
  const acknowledgedQueueMs = averageQueueMs(fromMs - newsMs, toMs - newsMs);
  return {
    segments: sum("segments", fromMs, toMs),
    droppedSegments: sum("droppedSegments", fromMs, toMs - 2 * newsMs),
    maybeDroppedSegments: sum("droppedSegments", fromMs - 2 * newsMs - NEWS_MS, toMs),
    leastQueueMs: Math.min(queueMs, acknowledgedQueueMs),
    mostQueueMs: Math.max(queueMs, acknowledgedQueueMs),
  };
}
