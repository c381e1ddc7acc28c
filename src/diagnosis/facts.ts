// What two readings of one connection say together: differences, gauges, and the terms that several rules share.
import { growth16, growth32, growth64, sharesOf } from "../core";
import type { Reading } from "./reading";
import { THRESHOLDS } from "./thresholds";
import type { TcpTimeShares } from "./types";

/**
 * Numbers that the readings do not have are 0 here, so that no rule fires on them. Where absence must decide, the
 * property is `undefined`.
 */
export interface Facts {
  readonly before: Reading;
  readonly now: Reading;
  readonly intervalMs: number;
  readonly pendingBytes: number | undefined;
  readonly shares: TcpTimeShares | undefined;
  /** Parts of the interval, 0 to 1. 0 without shares. */
  readonly application: number;
  readonly receiver: number;
  readonly sendBuffer: number;
  /** The time between the readings by the kernel's own clocks: at least, and at most. They bound "intervalMs". */
  readonly leastMs: number;
  readonly mostMs: number;
  readonly ackedBytes: number | undefined;
  readonly sentSegments: number;
  readonly retransmitted: number | undefined;
  readonly spurious: number | undefined;
  readonly lost: number;
  readonly lossRatio: number;
  readonly timeouts: number;
  readonly reorderingRatio: number;
  readonly inFlightBytes: number;
  readonly notSentBytes: number;
  readonly undeliveredBytes: number | undefined;
  readonly goodputBytesPerSecond: number;
  /** How long what waits in the kernel takes at this speed. */
  readonly waitingMs: number;
  readonly queueingMs: number;
  readonly minRttMs: number;
  readonly sinceLastAckReceivedMs: number;
  /** Whether the peer's window has room for a segment. */
  readonly isWindowOpen: boolean;
  /** Nothing waited in the kernel, and the congestion window was not full. */
  readonly isStarved: boolean;
}

export function factsOf(before: Reading, now: Reading, intervalMs: number, pendingBytes: number | undefined): Facts {
  const shares = now.isMptcp ? undefined : sharesOf(before, now, intervalMs);
  const receiver = shares ? shares.receiverMs / intervalMs : 0;
  const mss = now.sndMssBytes ?? 0;
  const unacked = now.unackedSegments ?? 0;
  const inFlightBytes = inFlight(now);
  const notSentBytes = now.notSentBytes ?? 0;
  const ackedBytes = growth64(before.bytesAcked, now.bytesAcked);
  const quietMs = receivedNothingMs(before, now) ?? sentNothingMs(before, now);
  const segments = now.platform === "linux" ? growth32 : growth64;
  const sentSegments = segments(before.dataSegmentsSent, now.dataSegmentsSent) ?? 0;
  const retransmitted = segments(before.retransmittedSegments, now.retransmittedSegments);
  const spurious = spuriousSegments(before, now, retransmitted ?? 0);
  const lost = Math.max(0, (retransmitted ?? 0) - (spurious ?? 0));
  const goodput = ((ackedBytes ?? 0) / intervalMs) * 1000;
  const reordered = growth32(before.reorderingEvents, now.reorderingEvents) ?? 0;
  // Before Linux 5.4 there is no window. Then nothing in flight while the window held us back means a closed one.
  const window = now.sndWndBytes ?? (receiver > THRESHOLDS.closedWindowReceiverShare && unacked === 0 ? 0 : Infinity);
  return {
    before,
    now,
    intervalMs,
    pendingBytes,
    shares,
    application: shares ? shares.applicationMs / intervalMs : 0,
    receiver,
    sendBuffer: shares ? shares.sendBufferMs / intervalMs : 0,
    leastMs: quietMs ?? growth64(before.busyTimeMs, now.busyTimeMs) ?? 0,
    mostMs: quietMs ?? Infinity,
    ackedBytes,
    sentSegments,
    retransmitted,
    spurious,
    lost,
    lossRatio: ratio(lost, sentSegments),
    timeouts: growth16(before.totalRtos, now.totalRtos) ?? 0,
    reorderingRatio: ratio(reordered, sentSegments),
    inFlightBytes,
    notSentBytes,
    undeliveredBytes: undelivered(now, inFlightBytes),
    goodputBytesPerSecond: goodput,
    // A floor of one byte per second, where nothing was acknowledged.
    waitingMs: ((inFlightBytes + notSentBytes) / Math.max(goodput, 1)) * 1000,
    queueingMs: Math.max(0, (now.rttMs ?? 0) - (now.minRttMs ?? Infinity)),
    minRttMs: now.minRttMs ?? 0,
    sinceLastAckReceivedMs: now.sinceLastAckReceivedMs ?? 0,
    isWindowOpen: window >= mss,
    isStarved:
      notSentBytes === 0 && before.notSentBytes === 0 && Math.min(fill(before), fill(now)) < THRESHOLDS.starvedFill,
  };
}

/**
 * `undefined` where the path duplicates segments: the peer then reports more duplicates than were retransmitted, in
 * the interval or ever.
 */
function spuriousSegments(before: Reading, now: Reading, retransmitted: number): number | undefined {
  if ((now.dsackDuplicateSegments ?? 0) > (now.retransmittedSegments ?? 0)) return undefined;
  const duplicates = growth32(before.dsackDuplicateSegments, now.dsackDuplicateSegments);
  return duplicates !== undefined && duplicates > retransmitted ? undefined : duplicates;
}

// A clock that nothing has reset meanwhile has grown by the time between the readings.

function receivedNothingMs(before: Reading, now: Reading): number | undefined {
  if (now.bytesReceived === undefined || now.bytesReceived !== before.bytesReceived) return undefined;
  return growth64(before.sinceLastDataReceivedMs, now.sinceLastDataReceivedMs);
}

function sentNothingMs(before: Reading, now: Reading): number | undefined {
  if (now.dataSegmentsSent === undefined || now.dataSegmentsSent !== before.dataSegmentsSent) return undefined;
  return growth64(before.sinceLastDataSentMs, now.sinceLastDataSentMs);
}

/** 0 for "none of none". Never above 1: SYNs are retransmitted segments without data. */
function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.min(1, part / whole);
}

/** How full the congestion window is. After a timeout it has one segment, and a thousand may be in flight. */
function fill({ unackedSegments = 0, sndCwndSegments = 0 }: Reading): number {
  return Math.min(1, unackedSegments / Math.max(1, sndCwndSegments));
}

function inFlight({ unackedSegments = 0, sndMssBytes = 0 }: Reading): number {
  return unackedSegments * sndMssBytes;
}

function undelivered({ platform, sendBufferBytes, notSentBytes }: Reading, inFlightBytes: number): number | undefined {
  if (platform === "darwin") return sendBufferBytes;
  return notSentBytes === undefined ? undefined : inFlightBytes + notSentBytes;
}
