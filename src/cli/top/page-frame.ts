// Reads a frame of a page. The page may be hostile: only numbers and cleaned text of known names get out.
import type { TcpTimeShares } from "../../core";
import type { OrderKey, PageFrame, PagePeer, PageRow, PageTotals } from "../../page/protocol";
import { clean } from "../clean";
import { unmapAddress } from "../endpoint";
import type { AcceptQueue, Order, TopRow, TopTotals } from "./frame";

/** What is kept of a page's frame. */
export interface ReadFrame {
  readonly takenAt: string;
  readonly intervalMs: number | undefined;
  readonly totals: TopTotals;
  readonly rows: readonly TopRow[];
}

/** As the page itself has at most. */
const MOST_ROWS = 500;
const LONGEST = { sentence: 400, path: 200, address: 120, word: 40 } as const;
const STATES = ["new", "active", "idle", "hijacked"] as const;

/** What the page orders all its connections by. It has no order by address, and none by unread bytes. */
export const PAGE_ORDERS: Readonly<Partial<Record<Order, OrderKey>>> = {
  trouble: "trouble",
  traffic: "trafficBytesPerSecond",
  rtt: "rttMs",
  queueing: "queueingMs",
  cwnd: "sndCwndBytes",
  rate: "deliveryRateBytesPerSecond",
  retransmitted: "retransmittedSegments",
  retransmitting: "newlyRetransmittedSegments",
  unsent: "notSentBytes",
  age: "ageMs",
};

/** An answer whose shape is not known. Each property may be missing, or anything. */
type Any<T> = { readonly [Name in keyof T]?: unknown };

/** `undefined` if the text is no frame of a version that this program knows. */
export function readPageFrame(text: string): ReadFrame | undefined {
  const frame: Any<PageFrame> | undefined = objectOf(parse(text));
  if (frame?.version !== 1 || !Array.isArray(frame.rows)) return undefined;
  return {
    takenAt: textOf(frame.takenAt, LONGEST.word) ?? "",
    intervalMs: numberOf(frame.intervalMs),
    totals: readTotals(objectOf(frame.totals) ?? {}),
    rows: frame.rows.slice(0, MOST_ROWS).flatMap((row) => readRow(objectOf(row)) ?? []),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readTotals(totals: Any<PageTotals>): TopTotals {
  const connections = objectOf(totals.connections) ?? {};
  const states = Object.fromEntries(STATES.map((name) => [name, numberOf(connections[name]) ?? 0]));
  const rttMs: Any<NonNullable<PageTotals["rttMs"]>> | undefined = objectOf(totals.rttMs);
  const [p50, p90, p99] = [numberOf(rttMs?.p50), numberOf(rttMs?.p90), numberOf(rttMs?.p99)];
  const hasRtt = p50 !== undefined && p90 !== undefined && p99 !== undefined;
  return {
    connections: Object.values(states).reduce((sum, count) => sum + count, 0),
    states,
    opened: numberOf(totals.openedTotal),
    closed: numberOf(totals.closedTotal),
    requestsInFlight: numberOf(totals.requestsInFlight) ?? 0,
    sentBytesPerSecond: numberOf(totals.sentBytesPerSecond),
    receivedBytesPerSecond: numberOf(totals.receivedBytesPerSecond),
    rttMs: hasRtt ? { p50, p90, p99 } : undefined,
    retransmissionRatio: numberOf(totals.retransmissionRatio),
    acceptQueue: readQueue(objectOf(totals.acceptQueue)),
  };
}

function readQueue(queue: Any<AcceptQueue> | undefined): AcceptQueue | undefined {
  const [length, limit] = [numberOf(queue?.length), numberOf(queue?.limit)];
  if (length === undefined || limit === undefined) return undefined;
  return { length, limit, droppedSyns: numberOf(queue?.droppedSyns), newlyDroppedSyns: undefined };
}

function readRow(row: Any<PageRow> | undefined): TopRow | undefined {
  const id = numberOf(row?.id);
  if (row === undefined || id === undefined) return undefined;
  const peer: Any<PagePeer> | undefined = objectOf(row.peer);
  return {
    id: String(id),
    remote: addressOf(row.remote) ?? "-",
    local: addressOf(row.local),
    state: textOf(row.state, LONGEST.word) ?? "-",
    protocol: textOf(row.protocol, LONGEST.word),
    ageMs: numberOf(row.ageMs),
    isAgeAtLeast: false,
    uid: numberOf(peer?.uid),
    pid: numberOf(peer?.pid),
    requestsServed: numberOf(row.requestsServed),
    requestsInFlight: numberOf(row.requestsInFlight),
    path: textOf(row.path, LONGEST.path),
    rttMs: numberOf(row.rttMs),
    minRttMs: numberOf(row.minRttMs),
    sndCwndBytes: numberOf(row.sndCwndBytes),
    deliveryRateBytesPerSecond: numberOf(row.deliveryRateBytesPerSecond),
    sentBytesPerSecond: numberOf(row.sentBytesPerSecond),
    receivedBytesPerSecond: numberOf(row.receivedBytesPerSecond),
    unackedBytes: numberOf(row.unackedBytes),
    notSentBytes: numberOf(row.notSentBytes),
    unreadBytes: numberOf(row.unreadBytes),
    retransmittedSegments: numberOf(row.retransmittedSegments),
    newlyRetransmittedSegments: numberOf(row.newlyRetransmittedSegments),
    shares: readShares(objectOf(row.shares)),
    verdict: textOf(row.verdict, LONGEST.word),
    cause: textOf(row.cause, LONGEST.word),
    sentence: textOf(row.sentence, LONGEST.sentence),
  };
}

function readShares(shares: Any<TcpTimeShares> | undefined): TcpTimeShares | undefined {
  const [applicationMs, receiverMs] = [numberOf(shares?.applicationMs), numberOf(shares?.receiverMs)];
  const [sendBufferMs, networkMs] = [numberOf(shares?.sendBufferMs), numberOf(shares?.networkMs)];
  const isWhole =
    applicationMs !== undefined && receiverMs !== undefined && sendBufferMs !== undefined && networkMs !== undefined;
  return isWhole ? { applicationMs, receiverMs, sendBufferMs, networkMs } : undefined;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && value >= 0 && value <= 2 ** 64 ? value : undefined;
}

function textOf(value: unknown, longest: number): string | undefined {
  return typeof value === "string" ? clean(value, longest) : undefined;
}

function addressOf(value: unknown): string | undefined {
  const text = textOf(value, LONGEST.address);
  return text === undefined ? undefined : unmapAddress(text);
}
