// The public types of what became of a connection after its descriptor was closed.
import type { SocketInfoError, TcpInfo } from "../../core";

/**
 * How a connection ended for the client. "Acknowledged" means by the client's kernel: whether its program has read the
 * bytes, no TCP can know.
 *
 * - `"delivered"`: the client acknowledged all bytes and the end (FIN).
 * - `"delivered-fin-unacked"`: the client acknowledged all bytes, but not the end. It reset the connection or vanished
 *   just then.
 * - `"truncated"`: the client acknowledged all bytes that the kernel had, but the connection ended while Node had more
 *   to write, or before a response was finished.
 * - `"client-reset"`: the client, or a device on the way, reset the connection (RST).
 * - `"server-reset"`: this side reset it: by `socket.resetAndDestroy()`, or because data of the client was unread or
 *   came too late.
 * - `"timed-out"`: TCP gave up, because the client no longer acknowledged anything or accepted no more data.
 * - `"still-sending"`: the kernel still sends after six minutes, and the client still reads.
 * - `"unknown"`: `unknownReason` says why.
 */
export type ConnectionEnd =
  | "delivered"
  | "delivered-fin-unacked"
  | "truncated"
  | "client-reset"
  | "server-reset"
  | "timed-out"
  | "still-sending"
  | "unknown";

/**
 * Why an end is unknown:
 *
 * - `"unavailable"`: the kernel announces no ends here. `error` has the reason.
 * - `"no-tcp-info"`: there was no final TCP_INFO, as for Unix sockets. `error` is the connection's
 *   `finalTcpInfoError`.
 * - `"mptcp"`: the kernel does not announce MPTCP connections.
 * - `"old-kernel"`: the kernel does not count the bytes sent (before Linux 4.19).
 * - `"ambiguous"`: other code handed the connection to the server while data was under way. sockinfo could not find out
 *   which side had opened it, and so whether `bytesAcked` includes a SYN.
 * - `"lost"`: the announcement was lost, and the kernel no longer knows the connection.
 * - `"too-many"`: more than 10,000 connections were waiting for their end, and this was the oldest.
 * - `"still-open"`: after six minutes another process or thread has the connection open. Or it has sent the connection
 *   back, and this is the outcome of the earlier close.
 * - `"unanswered"`: after six minutes neither an announcement nor an answer had come.
 * - `"tracker-closed"`: the tracker was closed, or detached from the server, before the end.
 */
export type UnknownEndReason =
  | "unavailable"
  | "no-tcp-info"
  | "mptcp"
  | "old-kernel"
  | "ambiguous"
  | "lost"
  | "too-many"
  | "still-open"
  | "unanswered"
  | "tracker-closed";

/** What became of a connection after its descriptor was closed. `end` tells the two kinds apart. */
export type ConnectionOutcome = KnownOutcome | UnknownOutcome;

export interface KnownOutcome extends OutcomeFacts {
  readonly end: Exclude<ConnectionEnd, "unknown">;
  readonly unknownReason: undefined;
  readonly error: undefined;
}

export interface UnknownOutcome extends OutcomeFacts {
  readonly end: "unknown";
  readonly unknownReason: UnknownEndReason;
  /** The error behind `"unavailable"` and `"no-tcp-info"`. Otherwise `undefined`. */
  readonly error: SocketInfoError | undefined;
}

/** The properties that do not depend on the kind of outcome. */
export interface OutcomeFacts {
  /**
   * Bytes that surely never arrived, because they were never sent: from the kernel's send queue, and from Node's write
   * queue of this socket. Under TLS these are encrypted bytes. What the streams of HTTP/2, TLS or the response had not
   * passed on is not counted. Then `end` is `"truncated"` if a response was unfinished, and more than this is lost.
   * `undefined` while the kernel still sends, and where the end is unknown.
   */
  readonly lostBytes: number | undefined;
  /** Bytes that were sent and never acknowledged, so they may have arrived or not. `undefined` as `lostBytes`. */
  readonly possiblyLostBytes: number | undefined;
  /**
   * Segments that were retransmitted after the descriptor was closed. `undefined` if the kernel did not report the
   * counters after the close, as after `resetAndDestroy()`.
   */
  readonly retransmittedSegments: number | undefined;
  /**
   * Milliseconds from the close of the descriptor until the kernel's announcement was read, which is up to 50 ms after
   * the end. If `end` is `"unknown"` or `"still-sending"`: until this event.
   */
  readonly durationMs: number;
  /**
   * The last TCP_INFO that is valid: from the announcement, or `finalTcpInfo` where the announcement has none or only
   * zeros. `rttMs`, `rttVarMs` and `rtoMs` are always those of `finalTcpInfo`, because the client's delayed
   * acknowledgement of the FIN spoils them. The congestion window is, too, after a timeout. What the kernel cleared
   * before the announcement is `undefined`: `unackedSegments` and its parts, and `timerBackoffs`.
   */
  readonly tcpInfo: TcpInfo | undefined;
}
