// The fields of TCP_INFO that count since the beginning of a connection, and their differences between two readings.
import {
  type DarwinTcpInfo,
  Failure,
  growth16,
  growth32,
  growth64,
  growthOfMicroseconds,
  type LinuxTcpInfo,
  type TcpInfo,
  wrongValue,
} from "../core";

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
  const segments = before.platform === "linux" ? growth32 : growth64;
  return {
    bytesSent: growth64(from.bytesSent, to.bytesSent),
    bytesReceived: growth64(from.bytesReceived, until.bytesReceived),
    retransmittedBytes: growth64(from.retransmittedBytes, to.retransmittedBytes),
    dataSegmentsSent: segments(from.dataSegmentsSent, to.dataSegmentsSent),
    dataSegmentsReceived: segments(from.dataSegmentsReceived, until.dataSegmentsReceived),
    retransmittedSegments: segments(from.retransmittedSegments, to.retransmittedSegments),

    bytesAcked: growth64(from.bytesAcked, to.bytesAcked),
    segmentsSent: growth32(from.segmentsSent, to.segmentsSent),
    segmentsReceived: growth32(from.segmentsReceived, to.segmentsReceived),
    busyTimeMs: growthOfMicroseconds(from.busyTimeMs, to.busyTimeMs),
    rwndLimitedTimeMs: growthOfMicroseconds(from.rwndLimitedTimeMs, to.rwndLimitedTimeMs),
    sndbufLimitedTimeMs: growthOfMicroseconds(from.sndbufLimitedTimeMs, to.sndbufLimitedTimeMs),
    deliveredSegments: growth32(from.deliveredSegments, to.deliveredSegments),
    deliveredCeSegments: growth32(from.deliveredCeSegments, to.deliveredCeSegments),
    dsackDuplicateSegments: growth32(from.dsackDuplicateSegments, to.dsackDuplicateSegments),
    reorderingEvents: growth32(from.reorderingEvents, to.reorderingEvents),
    outOfOrderSegmentsReceived: growth32(from.outOfOrderSegmentsReceived, until.outOfOrderSegmentsReceived),
    rehashAttempts: growth32(from.rehashAttempts, to.rehashAttempts),
    totalRtos: growth16(from.totalRtos, to.totalRtos),
    totalRtoRecoveries: growth16(from.totalRtoRecoveries, to.totalRtoRecoveries),
    totalRtoTimeMs: growth32(from.totalRtoTimeMs, to.totalRtoTimeMs),
    receivedCeSegments: growth32(from.receivedCeSegments, until.receivedCeSegments),
    deliveredEct1Bytes: growth32(from.deliveredEct1Bytes, to.deliveredEct1Bytes),
    deliveredEct0Bytes: growth32(from.deliveredEct0Bytes, to.deliveredEct0Bytes),
    deliveredCeBytes: growth32(from.deliveredCeBytes, to.deliveredCeBytes),
    receivedEct1Bytes: growth32(from.receivedEct1Bytes, until.receivedEct1Bytes),
    receivedEct0Bytes: growth32(from.receivedEct0Bytes, until.receivedEct0Bytes),
    receivedCeBytes: growth32(from.receivedCeBytes, until.receivedCeBytes),

    outOfOrderBytesReceived: growth64(from.outOfOrderBytesReceived, until.outOfOrderBytesReceived),
  };
}
