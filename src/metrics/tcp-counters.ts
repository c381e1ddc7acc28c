// The counters of TCP_INFO that become totals: how to read each, and its growth between two readings.
import { growth32, growth64, type TcpInfoField, type TcpInfoFields } from "../core";

/** A reading of some or all fields, from either system. */
export type Reading = Partial<TcpInfoFields>;

export type TcpCounterName =
  | "sentSegments"
  | "retransmittedSegments"
  | "spuriousSegments"
  | "sentBytes"
  | "receivedBytes"
  | "retransmittedBytes"
  | "networkLimitedSeconds"
  | "receiverLimitedSeconds"
  | "sendBufferLimitedSeconds";

export interface TcpCounter {
  readonly name: TcpCounterName;
  /** `undefined` where this kernel lacks the counter. */
  readonly read: (reading: Reading) => number | undefined;
  /** `undefined` if the counter seems to have gone backwards. */
  readonly growth: (before: number, after: number) => number | undefined;
  /** The factor from the reading's unit to that of the total. */
  readonly scale: number;
}

/** macOS counts segments in 64 bits, Linux in 32. */
export const segmentGrowth: typeof growth32 = process.platform === "linux" ? growth32 : growth64;

const SECONDS_PER_MS = 0.001;

export const TCP_COUNTERS: readonly TcpCounter[] = [
  { name: "sentSegments", read: (reading) => reading.dataSegmentsSent, growth: segmentGrowth, scale: 1 },
  { name: "retransmittedSegments", read: (reading) => reading.retransmittedSegments, growth: segmentGrowth, scale: 1 },
  { name: "spuriousSegments", read: (reading) => reading.dsackDuplicateSegments, growth: growth32, scale: 1 },
  { name: "sentBytes", read: (reading) => reading.bytesSent, growth: growth64, scale: 1 },
  { name: "receivedBytes", read: (reading) => reading.bytesReceived, growth: growth64, scale: 1 },
  { name: "retransmittedBytes", read: (reading) => reading.retransmittedBytes, growth: growth64, scale: 1 },
  { name: "networkLimitedSeconds", read: networkLimitedMs, growth: growth64, scale: SECONDS_PER_MS },
  {
    name: "receiverLimitedSeconds",
    read: (reading) => reading.rwndLimitedTimeMs,
    growth: growth64,
    scale: SECONDS_PER_MS,
  },
  {
    name: "sendBufferLimitedSeconds",
    read: (reading) => reading.sndbufLimitedTimeMs,
    growth: growth64,
    scale: SECONDS_PER_MS,
  },
];

/** The busy time that neither the receiver nor the send buffer limited. */
function networkLimitedMs({ busyTimeMs, rwndLimitedTimeMs, sndbufLimitedTimeMs }: Reading): number | undefined {
  if (busyTimeMs === undefined || rwndLimitedTimeMs === undefined || sndbufLimitedTimeMs === undefined)
    return undefined;
  return busyTimeMs - rwndLimitedTimeMs - sndbufLimitedTimeMs;
}

/** The fields that each reading has. `isMptcp` costs one more system call, at the first reading. */
export const FIELDS: readonly TcpInfoField[] = [
  "isMptcp",
  "state",
  "rttMs",
  "minRttMs",
  "notSentBytes",
  "bytesAcked",
  "dataSegmentsSent",
  "retransmittedSegments",
  "dsackDuplicateSegments",
  "bytesSent",
  "bytesReceived",
  "retransmittedBytes",
  "busyTimeMs",
  "rwndLimitedTimeMs",
  "sndbufLimitedTimeMs",
];

export function readOf(name: TcpCounterName): TcpCounter["read"] {
  const counter = TCP_COUNTERS.find((each) => each.name === name);
  return (counter as TcpCounter).read;
}
