// The flat objects for log lines.
import type { CloseReason, ConnectionState } from "../connections";
import type { TcpState } from "../core";

/**
 * The TCP connection of a request, for one log line. Values that are not known are left out. So are `NaN` and
 * `Infinity`, which JSON lacks. A property with the name of a TCP_INFO field has its meaning. The value is that of the
 * call, or of the connection's end.
 */
export interface TcpDescription {
  /** `id` of the tracked connection. Left out without a tracker. */
  readonly connectionId?: number;
  /**
   * How many requests have begun on the tracked connection. On HTTP/1 without pipelining it is the number of this
   * request: 1 for the first. Left out without a tracker.
   */
  readonly connectionRequests?: number;
  /** `state` of TCP_INFO. */
  readonly tcpState?: TcpState;
  readonly rttMs?: number;
  /** Linux only. */
  readonly minRttMs?: number;
  /** Counted over the whole connection, not this request. The same holds for the retransmitted ones. */
  readonly dataSegmentsSent?: number;
  readonly retransmittedSegments?: number;
  /** Linux only. */
  readonly notSentBytes?: number;
  /** Linux only. */
  readonly deliveryRateBytesPerSecond?: number;
  /** Why the tracked connection ended. Left out while it lives. */
  readonly closeReason?: CloseReason;
}

/** A tracked connection, for one log line. Values that are not known, `NaN` and `Infinity` are left out. */
export interface ConnectionDescription {
  readonly connectionId?: number;
  readonly connectionState?: ConnectionState;
  readonly protocol?: string;
  /** Left out for clients of Unix sockets, which have no address. */
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  /** ISO 8601. */
  readonly openedAt?: string;
  readonly durationMs?: number;
  /** Requests that were answered completely. */
  readonly requestsServed?: number;
  /** Requests that are being answered. On a closed connection: those that its end aborted. */
  readonly requestsInFlight?: number;
  readonly closeReason?: CloseReason;
  /** The code of the error that ended the connection, or its message. */
  readonly closeError?: string;
  readonly tcpState?: TcpState;
  readonly rttMs?: number;
  /** Linux only. */
  readonly minRttMs?: number;
  readonly bytesSent?: number;
  readonly bytesReceived?: number;
  readonly dataSegmentsSent?: number;
  readonly retransmittedSegments?: number;
  /** Linux only. */
  readonly notSentBytes?: number;
  /** Linux only. */
  readonly deliveryRateBytesPerSecond?: number;
  /** `timeShares` of the connection: these four sum to `durationMs`. Linux only, and only after the end. */
  readonly applicationMs?: number;
  readonly receiverMs?: number;
  readonly sendBufferMs?: number;
  readonly networkMs?: number;
}
