// Which fields of TCP_INFO count from the beginning of a connection, and their differences. The one list: measure-request.ts takes
// its names from here.
import { Failure, type DarwinTcpInfo, type LinuxTcpInfo, type TcpInfo } from "../core";

type SharedCounter =
  | "bytesSent"
  | "bytesReceived"
  | "retransmittedBytes"
  | "dataSegmentsSent"
  | "dataSegmentsReceived"
  | "retransmittedSegments";

type LinuxCounter =
  | SharedCounter
  | "bytesAcked"
  | "segsOut"
  | "segsIn"
  | "busyMs"
  | "rwndLimitedMs"
  | "sndbufLimitedMs"
  | "deliveredSegments"
  | "deliveredCeSegments"
  | "dsackDupSegments"
  | "reordSeenEvents"
  | "rcvOooSegments"
  | "rehashAttempts"
  | "totalRtos"
  | "totalRtoRecoveries"
  | "totalRtoTimeMs"
  | "receivedCeSegments"
  | "deliveredE1Bytes"
  | "deliveredE0Bytes"
  | "deliveredCeBytes"
  | "receivedE1Bytes"
  | "receivedE0Bytes"
  | "receivedCeBytes";

type DarwinCounter = SharedCounter | "rxOutOfOrderBytes";

/** By how much each counter of TCP_INFO has grown, under its name and in its unit; `undefined` where this kernel does not have it. */
export type TcpCounters = Pick<LinuxTcpInfo, LinuxCounter> & Pick<DarwinTcpInfo, DarwinCounter>;

/** What the kernel counts in. "us" are microseconds of 64 bits, which TcpInfo has as milliseconds. */
export type CounterType = "u16" | "u32" | "u64" | "us";

export const LINUX_COUNTERS: Readonly<Record<LinuxCounter, CounterType>> = {
  bytesSent: "u64",
  bytesReceived: "u64",
  retransmittedBytes: "u64",
  dataSegmentsSent: "u32",
  dataSegmentsReceived: "u32",
  retransmittedSegments: "u32",
  bytesAcked: "u64",
  segsOut: "u32",
  segsIn: "u32",
  busyMs: "us",
  rwndLimitedMs: "us",
  sndbufLimitedMs: "us",
  deliveredSegments: "u32",
  deliveredCeSegments: "u32",
  dsackDupSegments: "u32",
  reordSeenEvents: "u32",
  rcvOooSegments: "u32",
  rehashAttempts: "u32",
  totalRtos: "u16",
  totalRtoRecoveries: "u16",
  totalRtoTimeMs: "u32",
  receivedCeSegments: "u32",
  deliveredE1Bytes: "u32",
  deliveredE0Bytes: "u32",
  deliveredCeBytes: "u32",
  receivedE1Bytes: "u32",
  receivedE0Bytes: "u32",
  receivedCeBytes: "u32",
};

export const DARWIN_COUNTERS: Readonly<Record<DarwinCounter, CounterType>> = {
  bytesSent: "u64",
  bytesReceived: "u64",
  retransmittedBytes: "u64",
  dataSegmentsSent: "u64",
  dataSegmentsReceived: "u64",
  retransmittedSegments: "u64",
  rxOutOfOrderBytes: "u64",
};

/** Those that data from the peer moves, and its acknowledgements do not. */
export const RECEIVED: readonly (keyof TcpCounters)[] = [
  "bytesReceived",
  "dataSegmentsReceived",
  "rcvOooSegments",
  "rxOutOfOrderBytes",
  "receivedCeSegments",
  "receivedE1Bytes",
  "receivedE0Bytes",
  "receivedCeBytes",
];

const NAMES = [...new Set([...Object.keys(LINUX_COUNTERS), ...Object.keys(DARWIN_COUNTERS)])] as (keyof TcpCounters)[];

type Counters = Readonly<Partial<Record<keyof TcpCounters, number | undefined>>>;
type Types = Readonly<Partial<Record<keyof TcpCounters, CounterType>>>;

/**
 * By how much the counters of one connection have grown from one reading of TCP_INFO to a later one. Counters of 16 and 32 bits
 * may wrap between the two, once. Fields of a moment (`rttMs`, `sndCwndBytes`, `lostSegments`) are not in the result.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`: not two results of `getTcpInfo`, or of two systems.
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
    throw Failure.of("ERR_SOCKINFO_INVALID_ARGUMENT", what).toError(diffTcpInfo);
  }
  return difference(before, after);
}

function platformOf(info: unknown): TcpInfo["platform"] | undefined {
  const platform = (info as TcpInfo | null | undefined)?.platform;
  return platform === "linux" || platform === "darwin" ? platform : undefined;
}

/** {@link diffTcpInfo} for readings that are known to be of one connection. */
export function difference(before: TcpInfo, after: TcpInfo): TcpCounters {
  const types: Types = after.platform === "linux" ? LINUX_COUNTERS : DARWIN_COUNTERS;
  const [from, to]: Counters[] = [before, after];
  const grown: Partial<Record<keyof TcpCounters, number | undefined>> = {};
  for (const name of NAMES) grown[name] = growth(types[name], from?.[name], to?.[name]);
  return grown as TcpCounters;
}

function growth(
  type: CounterType | undefined,
  before: number | undefined,
  after: number | undefined,
): number | undefined {
  if (before === undefined || after === undefined) return undefined;
  switch (type) {
    case "u16":
      return (after - before) & 0xffff;
    case "u32":
      return (after - before) >>> 0;
    case "u64":
      return after - before;
    case "us":
      // In fractions of two the third decimal is not exact.
      return Math.round((after - before) * 1000) / 1000;
    default:
      return undefined;
  }
}
