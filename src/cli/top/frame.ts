// What the screen shows and `--json` prints: one look at the connections, by the kernel or by a page.
import type { TcpTimeShares } from "../../core";

/** In JSON, `undefined` is left out. */
export interface TopFrame {
  readonly takenAt: string;
  /** The time between this look and the one before. `undefined` for the first look, whose rates are unknown. */
  readonly intervalMs: number | undefined;
  readonly totals: TopTotals;
  readonly order: Order;
  readonly isDescending: boolean;
  /** The first of that order. */
  readonly rows: readonly TopRow[];
  /** How many connections match the filter: of a page, how many of the rows that it sends. `rows` may have fewer. */
  readonly matching: number;
  /** A sentence about what is missing. */
  readonly note: string | undefined;
}

/** Totals of all connections of the target, whatever the filter. */
export interface TopTotals {
  readonly connections: number;
  /** The number of sockets in each state, by the state's name. */
  readonly states: Readonly<Record<string, number>>;
  readonly opened: number | undefined;
  readonly closed: number | undefined;
  readonly requestsInFlight: number | undefined;
  readonly sentBytesPerSecond: number | undefined;
  readonly receivedBytesPerSecond: number | undefined;
  readonly rttMs: { readonly p50: number; readonly p90: number; readonly p99: number } | undefined;
  /** Retransmitted segments ÷ segments sent with data since the look before, 0 to 1. */
  readonly retransmissionRatio: number | undefined;
  readonly acceptQueue: AcceptQueue | undefined;
}

/** Several listeners count together. */
export interface AcceptQueue {
  readonly length: number;
  readonly limit: number;
  /** SYNs dropped since the listeners exist. `undefined` where the kernel does not tell. */
  readonly droppedSyns: number | undefined;
  readonly newlyDroppedSyns: number | undefined;
}

export interface TopRow {
  /** Stays the same as long as the connection exists. */
  readonly id: string;
  readonly remote: string;
  readonly local: string | undefined;
  /** A state of TCP, or of a tracker. */
  readonly state: string;
  readonly protocol: string | undefined;
  readonly ageMs: number | undefined;
  /** The kernel does not tell when a connection began: the first look saw it already. */
  readonly isAgeAtLeast: boolean;
  readonly uid: number | undefined;
  readonly pid: number | undefined;
  readonly requestsServed: number | undefined;
  readonly requestsInFlight: number | undefined;
  readonly path: string | undefined;
  readonly rttMs: number | undefined;
  readonly minRttMs: number | undefined;
  readonly sndCwndBytes: number | undefined;
  readonly deliveryRateBytesPerSecond: number | undefined;
  readonly sentBytesPerSecond: number | undefined;
  readonly receivedBytesPerSecond: number | undefined;
  readonly unackedBytes: number | undefined;
  readonly notSentBytes: number | undefined;
  readonly unreadBytes: number | undefined;
  readonly retransmittedSegments: number | undefined;
  /** Since the look before. */
  readonly newlyRetransmittedSegments: number | undefined;
  readonly shares: TcpTimeShares | undefined;
  readonly verdict: string | undefined;
  readonly cause: string | undefined;
  readonly sentence: string | undefined;
}

/**
 * What rows are sorted by. "trouble" puts first what most likely needs a look: connections whose timers have run out,
 * then those that have just retransmitted, those with unsent bytes, and those with the longest queueing time.
 */
export const ORDERS = [
  "trouble",
  "traffic",
  "rtt",
  "queueing",
  "cwnd",
  "rate",
  "retransmitted",
  "retransmitting",
  "unsent",
  "unread",
  "age",
  "remote",
] as const;

export type Order = (typeof ORDERS)[number];

/** Round-trip time above its minimum. */
export function queueingMs({ rttMs, minRttMs }: Pick<TopRow, "rttMs" | "minRttMs">): number | undefined {
  return rttMs === undefined || minRttMs === undefined ? undefined : Math.max(0, rttMs - minRttMs);
}
