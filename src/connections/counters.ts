// The fields of TCP_INFO that count since the beginning of a connection, and their differences between two readings.
import { type DarwinTcpInfo, Failure, type LinuxTcpInfo, type TcpInfo, wrongValue } from "../core";

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

/**
 * The growth of each counter of TCP_INFO, under its name and in its unit. `undefined` where this kernel lacks the
 * counter.
 */
export type TcpCounters = Pick<LinuxTcpInfo, LinuxCounter> & Pick<DarwinTcpInfo, "outOfOrderBytesReceived">;

/**
 * The growth of one connection's counters from one reading of TCP_INFO to a later one. A counter that one of the
 * readings lacks is `undefined`. Fields that describe a moment (`rttMs`, `sndCwndBytes`, `unackedLostSegments`) are
 * not in the result.
 *
 * Counters of 16 and 32 bits may wrap between the two readings. They must grow by less than half their range, which is
 * 2³¹ segments, about 3 TB. The six counters of ECN bytes (such as `deliveredEct0Bytes`) are `undefined` for a growth
 * of 2 GiB or more.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`: the arguments are not two results of `getTcpInfo`, or
 * come from two systems. Or a counter went backwards, because `after` is the earlier reading, or that of another
 * connection.
 * @example
 * const before = getTcpInfo(webSocket);
 * webSocket.send(message);
 * // later
 * const { bytesAcked, retransmittedSegments } = diffTcpInfo(before, getTcpInfo(webSocket));
 */
export function diffTcpInfo(before: TcpInfo, after: TcpInfo): TcpCounters {
  const failure = refuseReadings(before, after);
  if (failure) throw failure.toError(diffTcpInfo);
  const counters = difference(before, after);
  const backwards = refuseBackwards(before, after, counters);
  if (backwards) throw backwards.toError(diffTcpInfo);
  return counters;
}

function refuseReadings(before: unknown, after: unknown): Failure | undefined {
  const platform = platformOf(before);
  if (platform === undefined) return wrongValue("before", "be a result of getTcpInfo()", before);
  if (platformOf(after) === undefined) return wrongValue("after", "be a result of getTcpInfo()", after);
  if (platform === platformOf(after)) return undefined;
  return Failure.ofMistake(
    `The "after" argument must be of the platform of "before" ("${platform}"). Received "${platformOf(after)}"`,
  );
}

/** Refuses readings in the wrong order, or of two connections. */
function refuseBackwards(before: Readings, after: Readings, counters: TcpCounters): Failure | undefined {
  for (const [counter, growth] of Object.entries(counters)) {
    const name = counter as keyof TcpCounters;
    const [from, to] = [before[name], after[name]];
    if (growth !== undefined || from === undefined || to === undefined || SMALL_BYTE_COUNTERS.has(name)) continue;
    return Failure.ofMistake(
      `The "after" argument must be a later reading of the same connection than "before". ` +
        `Received ${name} ${String(to)} after ${String(from)}`,
    );
  }
  return undefined;
}

/**
 * Counters of bytes that have only 32 bits. Between two readings in the right order, they may grow by more than half
 * their range.
 */
const SMALL_BYTE_COUNTERS: ReadonlySet<keyof TcpCounters> = new Set([
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
 * The difference of each counter, in the width that the counter has in the kernel. `undefined` for a counter that went
 * backwards. Counters that grow by the peer's data, and not by its acknowledgements, are taken from `received` instead
 * of `after`.
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

/** `undefined` for a growth of half the range or more, which means that the counter went backwards. */
function upToHalf(growth: number, half: number): number | undefined {
  return growth < half ? growth : undefined;
}

/** Exact up to 2^53, which no counter reaches. */
function u64(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined || after < before ? undefined : after - before;
}

/**
 * For 64-bit counters of microseconds. TcpInfo has them in milliseconds, and a difference of those is not exact in the
 * third decimal.
 */
function microseconds(before: number | undefined, after: number | undefined): number | undefined {
  const growth = u64(before, after);
  return growth === undefined ? undefined : Math.round(growth * 1000) / 1000;
}
