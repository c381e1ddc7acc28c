// The flat objects for log lines.
import type { CloseReason, ConnectionState } from "../connections";
import type { TcpState } from "../core";

/**
 * The TCP connection of a request, for one log line. Values that are not known are left out. So are `NaN` and
 * `Infinity`, which JSON lacks. Properties with a name of TCP_INFO have its meaning, as of the call or of the end of the
 * connection.
 */
export interface TcpDescription {
  /** `id` of the tracked connection. Left out without a tracker. */
  connectionId?: number;
  /**
   * How many requests have begun on the tracked connection until now. On HTTP/1 without pipelining it is the number of
   * this request: 1 for the first. Left out without a tracker.
   */
  connectionRequests?: number;
  /** `state` of TCP_INFO. */
  tcpState?: TcpState;
  rttMs?: number;
  /** Linux only. */
  minRttMs?: number;
  dataSegmentsSent?: number;
  /** Of the whole connection, not of this request. */
  retransmittedSegments?: number;
  /** Linux only. */
  notSentBytes?: number;
  /** Linux only. */
  deliveryRateBytesPerSecond?: number;
  /** Why the tracked connection ended. Left out while it lives. */
  closeReason?: CloseReason;
}

/** A tracked connection, for one log line. Values that are not known are left out, `NaN` and `Infinity`, too. */
export interface ConnectionDescription {
  connectionId?: number;
  connectionState?: ConnectionState;
  protocol?: string;
  /** Left out for clients of Unix sockets, which have no address. */
  remoteAddress?: string;
  remotePort?: number;
  /** ISO 8601. */
  openedAt?: string;
  durationMs?: number;
  /** Requests that were answered completely. */
  requestsServed?: number;
  /** Requests that are being answered. On a closed connection: those that its end aborted. */
  requestsInFlight?: number;
  closeReason?: CloseReason;
  /** The code of the error that ended the connection, or its message. */
  closeError?: string;
  tcpState?: TcpState;
  rttMs?: number;
  /** Linux only. */
  minRttMs?: number;
  bytesSent?: number;
  bytesReceived?: number;
  dataSegmentsSent?: number;
  retransmittedSegments?: number;
  /** Linux only. */
  notSentBytes?: number;
  /** Linux only. */
  deliveryRateBytesPerSecond?: number;
  /** `timeShares` of the connection: these four sum to `durationMs`. Linux only, and only after the end. */
  applicationMs?: number;
  receiverMs?: number;
  sendBufferMs?: number;
  networkMs?: number;
}
