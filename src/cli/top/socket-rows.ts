// Rows of a look at all sockets: which ones, in which order, and everything about those that are shown.
import { diagnoseTcp, STATE_NAMES, type TcpDiagnosis, type TcpInfo, type TcpSocketRow } from "../../core";
import { formatEndpoint } from "../endpoint";
import { hasText, readFilter } from "./filter";
import type { Order, TopRow } from "./frame";
import { rank } from "./ranking";
import type { SocketLook } from "./socket-look";

/** Which rows are wanted. */
export interface Question {
  readonly order: Order;
  readonly isDescending: boolean;
  /** A text, or `:` and a port. Empty for all rows. */
  readonly filter: string;
  /** The place of the first wanted row in that order. */
  readonly first: number;
  readonly count: number;
}

/** @param pid - The process that all of them belong to, if that is known. */
export function rowsOf(
  look: SocketLook,
  question: Question,
  pid: number | undefined,
): { readonly rows: TopRow[]; readonly matching: number } {
  const { first, count, order, isDescending } = question;
  const matching = select(look, question.filter);
  const ranked = rank(matching, first + count, keysOf(look, order), look.columns.cookie, isDescending);
  const rows = Array.from(ranked.subarray(first), (place) => rowAt(look, place, pid));
  return { rows, matching: matching.length };
}

function select(look: SocketLook, filter: string): Uint32Array {
  const { connections, columns } = look;
  if (filter === "") return Uint32Array.from(connections);
  const read = readFilter(filter);
  const { port } = read;
  if (port === undefined) return Uint32Array.from(connections.filter((place) => hasText(read, textsOf(look, place))));
  return Uint32Array.from(
    connections.filter((place) => columns.localPort[place] === port || columns.remotePort[place] === port),
  );
}

/** Verdicts are not searched, because only rows that are shown have one. */
function textsOf({ dump, columns }: SocketLook, place: number): (string | undefined)[] {
  const ends = dump.getEndpoints(place);
  return [
    STATE_NAMES[columns.state[place] as number],
    ends && formatEndpoint(ends.remote),
    ends && formatEndpoint(ends.local),
  ];
}

/** What rows are sorted by. The last line is for "remote". */
function keysOf(look: SocketLook, order: Order): Float64Array {
  const { columns } = look;
  switch (order) {
    case "rtt":
      return columns.rttMs;
    case "cwnd":
      return columns.sndCwndBytes;
    case "rate":
      return columns.deliveryRateBytesPerSecond;
    case "retransmitted":
      return columns.retransmittedSegments;
    case "retransmitting":
      return look.newlyRetransmitted;
    case "unsent":
      return columns.notSentBytes;
    case "unread":
      return columns.unreadBytes;
    case "trouble":
      return computed(look, (place) => troubleAt(look, place));
    case "traffic":
      return computed(look, (place) => (look.newlySent[place] as number) + (look.newlyReceived[place] as number));
    case "queueing":
      return computed(look, (place) => (columns.rttMs[place] as number) - (columns.minRttMs[place] as number));
    case "age":
      return computed(look, (place) => look.beganAt - (look.beganBy[place] as number));
  }
  return look.remoteOrder;
}

function computed(look: SocketLook, keyAt: (place: number) => number): Float64Array {
  const keys = new Float64Array(look.dump.length);
  for (const place of look.connections) keys[place] = keyAt(place);
  return keys;
}

/** Above every number of bytes, and of milliseconds. */
const CLASS = 2 ** 40;

/** The four steps of the page: SeenConnection. */
function troubleAt({ columns, newlyRetransmitted }: SocketLook, place: number): number {
  const timerBackoffs = columns.timerBackoffs[place] as number;
  if (timerBackoffs > 0) return 3 * CLASS + timerBackoffs;
  const retransmitted = newlyRetransmitted[place] as number;
  if (retransmitted > 0) return 2 * CLASS + retransmitted;
  const notSentBytes = columns.notSentBytes[place] as number;
  if (notSentBytes > 0) return CLASS + notSentBytes;
  return (columns.rttMs[place] as number) - (columns.minRttMs[place] as number);
}

function rowAt(look: SocketLook, place: number, pid: number | undefined): TopRow {
  const socket = look.dump.get(place) as TcpSocketRow;
  const { tcpInfo, cookie } = socket;
  const diagnosis = diagnoseAt(look, place, tcpInfo);
  const perSecond = (bytes: number): number | undefined =>
    look.intervalMs === undefined || Number.isNaN(bytes) ? undefined : (bytes / look.intervalMs) * 1000;
  const newlyRetransmitted = look.newlyRetransmitted[place] as number;
  return {
    id: `sk:${cookie.toString(16)}`,
    remote: formatEndpoint(socket.remote),
    local: formatEndpoint(socket.local),
    state: socket.state ?? "UNKNOWN",
    protocol: undefined,
    ageMs: look.beganAt - (look.beganBy[place] as number),
    isAgeAtLeast: look.isOlder[place] === 1,
    uid: socket.uid,
    pid,
    requestsServed: undefined,
    requestsInFlight: undefined,
    path: undefined,
    rttMs: tcpInfo?.rttMs,
    minRttMs: linux(tcpInfo)?.minRttMs,
    sndCwndBytes: tcpInfo?.sndCwndBytes,
    deliveryRateBytesPerSecond: linux(tcpInfo)?.deliveryRateBytesPerSecond,
    sentBytesPerSecond: perSecond(look.newlySent[place] as number),
    receivedBytesPerSecond: perSecond(look.newlyReceived[place] as number),
    unackedBytes: unackedBytes(socket),
    notSentBytes: linux(tcpInfo)?.notSentBytes,
    unreadBytes: socket.unreadBytes,
    retransmittedSegments: tcpInfo?.retransmittedSegments,
    newlyRetransmittedSegments: Number.isNaN(newlyRetransmitted) ? undefined : newlyRetransmitted,
    shares: diagnosis?.shares,
    verdict: diagnosis?.verdict,
    cause: diagnosis?.cause,
    sentence: diagnosis?.sentence,
  };
}

function linux(tcpInfo: TcpInfo | undefined): Extract<TcpInfo, { platform: "linux" }> | undefined {
  return tcpInfo?.platform === "linux" ? tcpInfo : undefined;
}

/** The kernel has the sum of bytes that are not acknowledged and bytes that were never sent. */
function unackedBytes({ unacknowledgedBytes, tcpInfo }: TcpSocketRow): number | undefined {
  const notSentBytes = linux(tcpInfo)?.notSentBytes;
  return unacknowledgedBytes === undefined || notSentBytes === undefined
    ? unacknowledgedBytes
    : Math.max(0, unacknowledgedBytes - notSentBytes);
}

/** `undefined` for a connection that the look before had not, and for a listener. */
function diagnoseAt(look: SocketLook, place: number, after: TcpInfo | undefined): TcpDiagnosis | undefined {
  const placeBefore = look.placesBefore[place] as number;
  const before = placeBefore < 0 ? undefined : look.before?.dump.get(placeBefore)?.tcpInfo;
  if (before === undefined || after === undefined || look.intervalMs === undefined) return undefined;
  try {
    return diagnoseTcp(before, after, { intervalMs: look.intervalMs });
  } catch {
    // The kernel reads the counters of a connection one after the other, so one may seem to have gone backwards.
    return undefined;
  }
}
