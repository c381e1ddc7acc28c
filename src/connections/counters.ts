// Which fields of TCP_INFO count from the beginning of a connection, and their differences. measure-request.ts takes the
// readings.
import { Failure, type DarwinTcpInfo, type LinuxTcpInfo, type TcpInfo } from "../core";

type LinuxCounter =
  | "bytesSent"
  | "bytesReceived"
  | "retransmittedBytes"
  | "dataSegmentsSent"
  | "dataSegmentsReceived"
  | "retransmittedSegments"
  | "bytesAcked"
  | "segmentsSent"
  | "segmentsReceived"
  | "busyTimeMs"
  | "rwndLimitedTimeMs"
  | "sndbufLimitedTimeMs"
  | "deliveredSegments"
  | "deliveredCeSegments"
  | "dsackDuplicateSegments"
  | "reorderingEvents"
  | "outOfOrderSegmentsReceived"
  | "rehashAttempts"
  | "totalRtos"
  | "totalRtoRecoveries"
  | "totalRtoTimeMs"
  | "receivedCeSegments"
  | "deliveredEct1Bytes"
  | "deliveredEct0Bytes"
  | "deliveredCeBytes"
  | "receivedEct1Bytes"
  | "receivedEct0Bytes"
  | "receivedCeBytes";

/** By how much each counter of TCP_INFO has grown, under its name and in its unit; `undefined` where this kernel does not have it. */
export type TcpCounters = Pick<LinuxTcpInfo, LinuxCounter> & Pick<DarwinTcpInfo, "outOfOrderBytesReceived">;

/**
 * By how much the counters of one connection have grown from one reading of TCP_INFO to a later one. `undefined`
 * where one of the readings does not have the counter. Fields of a moment (`rttMs`, `sndCwndBytes`, `unackedLostSegments`)
 * are not in the result.
 *
 * Counters of 16 and 32 bits may wrap between the two readings. They may grow by less than half their range: 2³¹
 * segments carry about 3 TB. The counters of ECN bytes (`deliveredEct0Bytes` and its five relatives) are `undefined`
 * from 2 GiB on.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`: not two results of `getTcpInfo`, or of two systems; or a
 * counter went backwards, because `after` is the earlier reading or one of another connection.
 * @example
 * const before = getTcpInfo(webSocket);
 * webSocket.send(message);
 * // later
 * const { bytesAcked, retransmittedSegments } = diffTcpInfo(before, getTcpInfo(webSocket));
 */
export function diffTcpInfo(before: TcpInfo, after: TcpInfo): TcpCounters {
  const platform = platformOf(before);
  if (platform === undefined || platform !== platformOf(after)) {
    const what = "before and after are not two results of getTcpInfo on one system";
    throw Failure.ofArgument(what).toError(diffTcpInfo);
  }
  const counters = difference(before, after);
  const backwards = findBackwards(before, after, counters);
  if (backwards !== undefined) throw Failure.ofArgument(backwards).toError(diffTcpInfo);
  return counters;
}

/** What is wrong with the order of the two readings, in words. */
function findBackwards(before: Readings, after: Readings, counters: TcpCounters): string | undefined {
  for (const [counter, growth] of Object.entries(counters)) {
    const name = counter as keyof TcpCounters;
    const [from, to] = [before[name], after[name]];
    if (growth !== undefined || from === undefined || to === undefined || WRAPS_SOON.has(name)) continue;
    return (
      `after must be a later reading of the same connection than before. ` +
      `Received ${name} ${String(to)} after ${String(from)}`
    );
  }
  return undefined;
}

/** 32 bits of bytes: in order, these may grow by more than half their range. */
const WRAPS_SOON: ReadonlySet<keyof TcpCounters> = new Set([
  "deliveredEct1Bytes",
  "deliveredEct0Bytes",
  "deliveredCeBytes",
  "receivedEct1Bytes",
  "receivedEct0Bytes",
  "receivedCeBytes",
]);

function platformOf(info: unknown): TcpInfo["platform"] | undefined {
  const platform = (info as TcpInfo | null | undefined)?.platform;
  return platform === "linux" || platform === "darwin" ? platform : undefined;
}

type Readings = Readonly<Partial<Record<keyof TcpCounters, number | undefined>>>;

/**
 * The list of counters, each as wide as the kernel makes it; `undefined` for one that went backwards. What data from
 * the peer moves, and its acknowledgements do not, is counted until `received` only.
 */
export function difference(before: TcpInfo, after: TcpInfo, received: TcpInfo = after): TcpCounters {
  const [from, to, until]: [Readings, Readings, Readings] = [before, after, received];
  const segments = before.platform === "linux" ? u32 : u64;
  return {
    bytesSent: u64(from.bytesSent, to.bytesSent),
    bytesReceived: u64(from.bytesReceived, until.bytesReceived),
    retransmittedBytes: u64(from.retransmittedBytes, to.retransmittedBytes),
    dataSegmentsSent: segments(from.dataSegmentsSent, to.dataSegmentsSent),
    dataSegmentsReceived: segments(from.dataSegmentsReceived, until.dataSegmentsReceived),
    retransmittedSegments: segments(from.retransmittedSegments, to.retransmittedSegments),

    bytesAcked: u64(from.bytesAcked, to.bytesAcked),
    segmentsSent: u32(from.segmentsSent, to.segmentsSent),
    segmentsReceived: u32(from.segmentsReceived, to.segmentsReceived),
    busyTimeMs: microseconds(from.busyTimeMs, to.busyTimeMs),
    rwndLimitedTimeMs: microseconds(from.rwndLimitedTimeMs, to.rwndLimitedTimeMs),
    sndbufLimitedTimeMs: microseconds(from.sndbufLimitedTimeMs, to.sndbufLimitedTimeMs),
    deliveredSegments: u32(from.deliveredSegments, to.deliveredSegments),
    deliveredCeSegments: u32(from.deliveredCeSegments, to.deliveredCeSegments),
    dsackDuplicateSegments: u32(from.dsackDuplicateSegments, to.dsackDuplicateSegments),
    reorderingEvents: u32(from.reorderingEvents, to.reorderingEvents),
    outOfOrderSegmentsReceived: u32(from.outOfOrderSegmentsReceived, until.outOfOrderSegmentsReceived),
    rehashAttempts: u32(from.rehashAttempts, to.rehashAttempts),
    totalRtos: u16(from.totalRtos, to.totalRtos),
    totalRtoRecoveries: u16(from.totalRtoRecoveries, to.totalRtoRecoveries),
    totalRtoTimeMs: u32(from.totalRtoTimeMs, to.totalRtoTimeMs),
    receivedCeSegments: u32(from.receivedCeSegments, until.receivedCeSegments),
    deliveredEct1Bytes: u32(from.deliveredEct1Bytes, to.deliveredEct1Bytes),
    deliveredEct0Bytes: u32(from.deliveredEct0Bytes, to.deliveredEct0Bytes),
    deliveredCeBytes: u32(from.deliveredCeBytes, to.deliveredCeBytes),
    receivedEct1Bytes: u32(from.receivedEct1Bytes, until.receivedEct1Bytes),
    receivedEct0Bytes: u32(from.receivedEct0Bytes, until.receivedEct0Bytes),
    receivedCeBytes: u32(from.receivedCeBytes, until.receivedCeBytes),

    outOfOrderBytesReceived: u64(from.outOfOrderBytesReceived, until.outOfOrderBytesReceived),
  };
}

function u16(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined ? undefined : upToHalf((after - before) & 0xffff, 2 ** 15);
}

function u32(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined ? undefined : upToHalf((after - before) >>> 0, 2 ** 31);
}

/** A growth of half the range or more is a counter that went backwards. */
function upToHalf(growth: number, half: number): number | undefined {
  return growth < half ? growth : undefined;
}

/** Exact up to 2^53, which none of them reaches. */
function u64(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined || after < before ? undefined : after - before;
}

/** Of 64 bits, in TcpInfo as milliseconds, whose difference as a double is not exact in the third decimal. */
function microseconds(before: number | undefined, after: number | undefined): number | undefined {
  const growth = u64(before, after);
  return growth === undefined ? undefined : Math.round(growth * 1000) / 1000;
}
