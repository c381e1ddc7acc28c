// Decides what became of a connection, from TCP_INFO before the close of its descriptor and at the end of its socket.
// The kernel's announcement always has the state CLOSED, so the counters decide.
import { growth32, type LinuxTcpInfo, type SocketInfoError, type TcpInfo } from "../../core";
import { surelyAcked } from "../sent-syn";
import type { ClosedConnection } from "./closed-connection";
import { leastSilenceMs, orphanRetries } from "./orphan-limits";
import type { ConnectionEnd, ConnectionOutcome, OutcomeFacts, UnknownEndReason, UnknownOutcome } from "./types";

type KnownEnd = Exclude<ConnectionEnd, "unknown">;

/**
 * A client that lives and never reads is given up when the pause between two probes has reached TCP_RTO_MAX, 120
 * seconds. Its answer to the last probe took a part of them.
 */
const LAST_PAUSE_MS = 115_000;

/** The outcome by the kernel's announcement. `isZeroed` if the announcement has no remote port. */
export function outcomeOf(closed: ClosedConnection, announced: LinuxTcpInfo, isZeroed: boolean): ConnectionOutcome {
  const { before } = closed;
  // A reset by SO_LINGER 0 clears the counters before the kernel announces the socket.
  if (isZeroed || isLess(announced.segmentsSent, before.segmentsSent)) return outcomeByReading(closed, undefined);
  return outcomeByReading(closed, announced);
}

/** Whether nothing that comes after this reading can change what the client got. */
export function isOver({ state }: LinuxTcpInfo): boolean {
  return state === "CLOSED" || state === "FIN_WAIT_2" || state === "TIME_WAIT";
}

/** The outcome of a connection that was over before its descriptor was closed. */
export function outcomeAtClose(closed: ClosedConnection): ConnectionOutcome {
  return outcomeByReading(closed, closed.before);
}

/** The outcome of a connection that the kernel has after its FIN was acknowledged: FIN_WAIT_2 or TIME_WAIT. */
export function deliveredOutcome(closed: ClosedConnection, info: TcpInfo | undefined): ConnectionOutcome {
  const facts = partialFacts(closed, asLinux(info));
  facts.lostBytes = closed.unwrittenBytes;
  facts.possiblyLostBytes = 0;
  return known(isUnfinished(closed) ? "truncated" : "delivered", facts);
}

/** The outcome of a connection that the kernel still sends. */
export function stillSendingOutcome(closed: ClosedConnection, info: TcpInfo | undefined): ConnectionOutcome {
  const now = asLinux(info);
  return { ...known("still-sending", partialFacts(closed, now)), tcpInfo: now ?? closed.before };
}

export function unknownOutcome(
  closed: ClosedConnection,
  unknownReason: UnknownEndReason,
  error?: SocketInfoError,
): UnknownOutcome {
  return { end: "unknown", unknownReason, error, ...partialFacts(closed, undefined) };
}

/** The outcome of a connection without a final TCP_INFO of TCP on Linux. */
export function unreadableOutcome(
  tcpInfo: TcpInfo | undefined,
  unknownReason: UnknownEndReason,
  error: SocketInfoError | undefined,
): UnknownOutcome {
  const nothing = { lostBytes: undefined, possiblyLostBytes: undefined, retransmittedSegments: undefined };
  return { end: "unknown", unknownReason, error, ...nothing, durationMs: 0, tcpInfo };
}

function known(end: KnownEnd, facts: OutcomeFacts): ConnectionOutcome {
  return { end, unknownReason: undefined, error: undefined, ...facts };
}

type MutableFacts = { -readonly [Name in keyof OutcomeFacts]: OutcomeFacts[Name] };

/** What does not depend on the end. `after` is a valid reading from after the close. Changes `after`. */
function partialFacts(closed: ClosedConnection, after: LinuxTcpInfo | undefined): MutableFacts {
  const { before, closedMs } = closed;
  return {
    lostBytes: undefined,
    possiblyLostBytes: undefined,
    retransmittedSegments: after && growth32(before.retransmittedSegments, after.retransmittedSegments),
    durationMs: performance.now() - closedMs,
    tcpInfo: after === undefined || after === before ? before : withoutSpoiltFields(before, after),
  };
}

/** Without `after`, this side has reset the connection, and its counters before the close are the last ones. */
function outcomeByReading(closed: ClosedConnection, after: LinuxTcpInfo | undefined): ConnectionOutcome {
  const last = after ?? closed.before;
  const { bytesSent, retransmittedBytes, bytesAcked, notSentBytes } = last;
  if (
    bytesSent === undefined ||
    retransmittedBytes === undefined ||
    bytesAcked === undefined ||
    notSentBytes === undefined
  ) {
    return { end: "unknown", unknownReason: "old-kernel", error: undefined, ...partialFacts(closed, after) };
  }
  const uniqueBytes = bytesSent - retransmittedBytes;
  const { sentSyn } = closed.connection;
  const leastAcked = surelyAcked(bytesAcked, sentSyn);
  const unsentFins = notSentBytes > 0 && isFinQueued(closed, after) ? 1 : 0;
  const lostBytes = notSentBytes - unsentFins + closed.unwrittenBytes;
  const isAllSent = notSentBytes === unsentFins;
  const endIf = (acked: number) =>
    after === undefined ? "server-reset" : endOf(closed, after, acked > uniqueBytes, acked >= uniqueBytes && isAllSent);
  const end = endIf(leastAcked);
  const facts = partialFacts(closed, after);
  if (sentSyn === undefined && end !== endIf(bytesAcked)) {
    return { end: "unknown", unknownReason: "ambiguous", error: undefined, ...facts };
  }
  facts.lostBytes = lostBytes;
  facts.possiblyLostBytes = Math.max(0, uniqueBytes - leastAcked);
  return known(end, facts);
}

function endOf(closed: ClosedConnection, after: LinuxTcpInfo, isFinAcked: boolean, isAllAcked: boolean): KnownEnd {
  const { before, connection } = closed;
  const isTruncated = isAllAcked && isUnfinished(closed);
  if (isFinAcked) return isTruncated ? "truncated" : "delivered";
  if (before.state === "CLOSED") {
    if (connection.closeReason === "timeout") return "timed-out";
    return "client-reset";
  }
  if (hasUnreadInput(closed) || hasRefusedInput(before, after)) return "server-reset";
  if (isAllAcked) return isTruncated ? "truncated" : "delivered-fin-unacked";
  return hasTimedOut(after) ? "timed-out" : "client-reset";
}

/** Whether Node had more to send: bytes of the socket, or the rest of a response, which no count of bytes has. */
function isUnfinished({ unwrittenBytes, connection }: ClosedConnection): boolean {
  return unwrittenBytes > 0 || connection.requests.inFlight > 0;
}

/** The states in which the client's FIN has come. Linux counts it as a byte received. */
const CLIENT_ENDED: ReadonlySet<string | undefined> = new Set(["CLOSE_WAIT", "LAST_ACK", "CLOSING", "TIME_WAIT"]);

/** close() sends a reset instead of a FIN if the kernel has input that was not read. */
function hasUnreadInput({ before, bytesRead }: ClosedConnection): boolean {
  const clientFins = CLIENT_ENDED.has(before.state) ? 1 : 0;
  return (before.bytesReceived ?? 0) - clientFins > bytesRead;
}

/** The kernel answers data that comes after the close with a reset. It counts the segment, and not its bytes. */
function hasRefusedInput(before: LinuxTcpInfo, after: LinuxTcpInfo): boolean {
  return (
    isLess(before.dataSegmentsReceived, after.dataSegmentsReceived) && before.bytesReceived === after.bytesReceived
  );
}

/**
 * The kernel gives up after the retransmissions or probes, and the silence, that its limits imply. A
 * client that lives may leave a probe unanswered, because it limits the rate of its answers.
 */
function hasTimedOut({ consecutiveRtos = 0, unansweredProbes = 0, sinceLastAckReceivedMs }: LinuxTcpInfo): boolean {
  const silentMs = sinceLastAckReceivedMs ?? 0;
  if (consecutiveRtos > 0) return silentMs >= leastSilenceMs(orphanRetries());
  return silentMs >= LAST_PAUSE_MS || (unansweredProbes > 0 && unansweredProbes >= orphanRetries());
}

/** Whether the reading counts this side's FIN among the bytes that are not sent. */
function isFinQueued(closed: ClosedConnection, after: LinuxTcpInfo | undefined): boolean {
  const { state } = closed.before;
  if (state === "FIN_WAIT_1" || state === "CLOSING" || state === "LAST_ACK") return true;
  if (state === "CLOSED") return closed.hasEnded;
  // close() queues a FIN, unless it sends a reset.
  return after !== undefined && !hasUnreadInput(closed);
}

/** Changes `after`, which nothing else has. A copy of its many fields would cost more than all else here. */
function withoutSpoiltFields(before: LinuxTcpInfo, after: LinuxTcpInfo): LinuxTcpInfo {
  const { rttMs, rttVarMs, rtoMs, sndCwndBytes, sndCwndSegments } = before;
  if (after.caState === "LOSS") Object.assign(after, { sndCwndBytes, sndCwndSegments });
  return Object.assign(after, {
    rttMs,
    rttVarMs,
    rtoMs,
    unackedSegments: undefined,
    unackedSackedSegments: undefined,
    unackedLostSegments: undefined,
    unackedRetransmittedSegments: undefined,
    timerBackoffs: undefined,
  });
}

function isLess(one: number | undefined, other: number | undefined): boolean {
  return (one ?? 0) < (other ?? 0);
}

function asLinux(info: TcpInfo | undefined): LinuxTcpInfo | undefined {
  return info?.platform === "linux" ? info : undefined;
}
