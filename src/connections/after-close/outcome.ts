// Decides what became of a connection, from TCP_INFO before the close of its descriptor and at the end of its socket.
// The kernel's announcement always has the state CLOSED, so the counters decide.
import type { LinuxTcpInfo, SocketInfoError, TcpInfo } from "../../core";
import { difference } from "../counters";
import type { ClosedConnection } from "./closed-connection";
import type { ConnectionEnd, ConnectionOutcome, UnknownEndReason } from "./types";

/** Orphans that do not read are given up after probes with pauses of up to two minutes. */
const LONG_SILENCE_MS = 60_000;

/**
 * A retransmission timeout doubles the RTO. When the next one ends the connection, twice the RTO has passed without an
 * acknowledgement. A reset that answers the retransmission comes after the RTO itself.
 */
const SILENT_RTOS = 1.4;

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
  return { ...outcomeByReading(closed, closed.before), tcpInfo: closed.before };
}

/** The outcome of a connection that the kernel has after its FIN was acknowledged: FIN_WAIT_2 or TIME_WAIT. */
export function deliveredOutcome(closed: ClosedConnection, info: TcpInfo | undefined): ConnectionOutcome {
  const { unwrittenBytes } = closed;
  return {
    ...partialOutcome(closed, asLinux(info)),
    end: unwrittenBytes > 0 ? "truncated" : "delivered",
    lostBytes: unwrittenBytes,
    possiblyLostBytes: 0,
  };
}

/** The outcome of a connection that the kernel still sends. */
export function stillSendingOutcome(closed: ClosedConnection, info: TcpInfo | undefined): ConnectionOutcome {
  const now = asLinux(info);
  return { ...partialOutcome(closed, now), end: "still-sending", tcpInfo: now ?? closed.before };
}

export function unknownOutcome(
  closed: ClosedConnection,
  unknownReason: UnknownEndReason,
  error?: SocketInfoError,
): ConnectionOutcome {
  return { ...partialOutcome(closed, undefined), unknownReason, error };
}

/** The outcome of a connection without a final TCP_INFO of TCP on Linux. */
export function unreadableOutcome(
  tcpInfo: TcpInfo | undefined,
  unknownReason: UnknownEndReason,
  error: SocketInfoError | undefined,
): ConnectionOutcome {
  return { ...NOTHING, unknownReason, error, tcpInfo };
}

const NOTHING: ConnectionOutcome = {
  end: "unknown",
  unknownReason: undefined,
  error: undefined,
  lostBytes: undefined,
  possiblyLostBytes: undefined,
  retransmittedSegments: undefined,
  durationMs: 0,
  tcpInfo: undefined,
};

/** What does not depend on the end. `after` is a valid reading from after the close. */
function partialOutcome(closed: ClosedConnection, after: LinuxTcpInfo | undefined): ConnectionOutcome {
  const { before, closedMs } = closed;
  return {
    ...NOTHING,
    retransmittedSegments: after && difference(before, after).retransmittedSegments,
    durationMs: performance.now() - closedMs,
    tcpInfo: after === undefined ? before : withoutSpoiltFields(before, after),
  };
}

/** Without `after`, this side has reset the connection, and its counters before the close are the last ones. */
function outcomeByReading(closed: ClosedConnection, after: LinuxTcpInfo | undefined): ConnectionOutcome {
  const partial = partialOutcome(closed, after);
  const last = after ?? closed.before;
  const { bytesSent, retransmittedBytes, bytesAcked, notSentBytes } = last;
  if (
    bytesSent === undefined ||
    retransmittedBytes === undefined ||
    bytesAcked === undefined ||
    notSentBytes === undefined
  ) {
    return { ...partial, unknownReason: "old-kernel" };
  }
  const uniqueBytes = bytesSent - retransmittedBytes;
  const isFinAcked = bytesAcked > uniqueBytes;
  const unackedBytes = Math.max(0, uniqueBytes - bytesAcked);
  const unsentFins = notSentBytes > 0 && isFinQueued(closed, after) ? 1 : 0;
  const lostBytes = notSentBytes - unsentFins + closed.unwrittenBytes;
  const isAllAcked = unackedBytes === 0 && notSentBytes - unsentFins === 0;
  const end = after === undefined ? "server-reset" : endOf(closed, after, isFinAcked, isAllAcked);
  return { ...partial, end, lostBytes, possiblyLostBytes: unackedBytes };
}

function endOf(closed: ClosedConnection, after: LinuxTcpInfo, isFinAcked: boolean, isAllAcked: boolean): ConnectionEnd {
  const { before, unwrittenBytes, connection } = closed;
  const isTruncated = isAllAcked && unwrittenBytes > 0;
  if (isFinAcked) return isTruncated ? "truncated" : "delivered";
  if (before.state === "CLOSED") {
    if (connection.closeReason === "timeout") return "timed-out";
    return "client-reset";
  }
  if (hasUnreadInput(closed) || hasRefusedInput(before, after)) return "server-reset";
  if (isAllAcked) return isTruncated ? "truncated" : "delivered-fin-unacked";
  return hasTimedOut(after) ? "timed-out" : "client-reset";
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

function hasTimedOut(after: LinuxTcpInfo): boolean {
  const { consecutiveRtos = 0, unansweredProbes = 0, caState, rtoMs = Infinity, sndWndBytes } = after;
  const silentMs = after.sinceLastAckReceivedMs ?? 0;
  const isRetrying = consecutiveRtos > 0 || unansweredProbes > 0 || caState === "LOSS";
  if (isRetrying && silentMs >= SILENT_RTOS * rtoMs) return true;
  return sndWndBytes === 0 && silentMs >= LONG_SILENCE_MS;
}

/** Whether the reading counts this side's FIN among the bytes that are not sent. */
function isFinQueued(closed: ClosedConnection, after: LinuxTcpInfo | undefined): boolean {
  const { state } = closed.before;
  if (state === "FIN_WAIT_1" || state === "CLOSING" || state === "LAST_ACK") return true;
  if (state === "CLOSED") return closed.hasEnded;
  // close() queues a FIN, unless it sends a reset.
  return after !== undefined && !hasUnreadInput(closed);
}

function withoutSpoiltFields(before: LinuxTcpInfo, after: LinuxTcpInfo): LinuxTcpInfo {
  const { rttMs, rttVarMs, rtoMs, sndCwndBytes, sndCwndSegments } = before;
  return {
    ...after,
    rttMs,
    rttVarMs,
    rtoMs,
    ...(after.caState === "LOSS" && { sndCwndBytes, sndCwndSegments }),
    unackedSegments: undefined,
    unackedSackedSegments: undefined,
    unackedLostSegments: undefined,
    unackedRetransmittedSegments: undefined,
    timerBackoffs: undefined,
  };
}

function isLess(one: number | undefined, other: number | undefined): boolean {
  return (one ?? 0) < (other ?? 0);
}

function asLinux(info: TcpInfo | undefined): LinuxTcpInfo | undefined {
  return info?.platform === "linux" ? info : undefined;
}
