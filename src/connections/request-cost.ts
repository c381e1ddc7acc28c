// The result of measureRequest.
import type { TcpInfo, TcpTimeShares } from "../core";
import type { TcpCounters } from "./counters";

/**
 * The cost of a request for its connection since the call of `measureRequest`: the growth of each counter, under its
 * name in TcpInfo and in its unit. A counter is `undefined` where the kernel lacks it or no longer has it. An MPTCP
 * connection that has ended has no counters.
 */
export interface RequestCost extends TcpCounters {
  /**
   * Milliseconds from the call until the kernel had the whole response, or the response was aborted. Acknowledgements
   * come later.
   */
  readonly durationMs: number;
  /**
   * Milliseconds from the call until the client had acknowledged the response, or until `end` if it has not. The kernel
   * reports the time of the last acknowledgement in ticks of up to 10 ms.
   */
  readonly intervalMs: number;
  /**
   * Where that time went: the handler (`applicationMs`), the client (`receiverMs`), the send buffer, or the path
   * (`networkMs`). The four parts sum to `intervalMs`. `undefined` where the kernel does not report it: before Linux
   * 4.10, on macOS, and for MPTCP.
   */
  readonly shares: TcpTimeShares | undefined;
  /**
   * Whether other requests (HTTP/2 streams, pipelined requests) used the connection meanwhile. The counters are the
   * connection's, so they include those requests.
   */
  readonly shared: boolean;
  /**
   * True if the measurement ended before the response: the connection ended, the stream was reset, or the tracker was
   * closed.
   */
  readonly aborted: boolean;
  /**
   * Whether at `end` the client had acknowledged all data, so that no retransmission can follow. Also false when the
   * connection was reset before, and where the kernel does not report acknowledgements.
   */
  readonly acked: boolean;
  /** TCP_INFO at the call. */
  readonly start: TcpInfo;
  /**
   * TCP_INFO when the measurement ended, or `finalTcpInfo` if the connection ended before. If `finalTcpInfo` has no
   * counters, `end` is the latest reading since the response was finished. Without such a reading, `end` has only what
   * `finalTcpInfo` has, which for MPTCP is its `state`.
   */
  readonly end: TcpInfo;
}

/** Lists each counter, because a spread of them takes ten times as long as all of these lines. */
export function costOf(measured: Omit<RequestCost, keyof TcpCounters>, growth: TcpCounters): RequestCost {
  return {
    durationMs: measured.durationMs,
    intervalMs: measured.intervalMs,
    shares: measured.shares,
    shared: measured.shared,
    aborted: measured.aborted,
    acked: measured.acked,
    start: measured.start,
    end: measured.end,
    bytesSent: growth.bytesSent,
    bytesReceived: growth.bytesReceived,
    retransmittedBytes: growth.retransmittedBytes,
    dataSegmentsSent: growth.dataSegmentsSent,
    dataSegmentsReceived: growth.dataSegmentsReceived,
    retransmittedSegments: growth.retransmittedSegments,
    bytesAcked: growth.bytesAcked,
    segmentsSent: growth.segmentsSent,
    segmentsReceived: growth.segmentsReceived,
    busyTimeMs: growth.busyTimeMs,
    rwndLimitedTimeMs: growth.rwndLimitedTimeMs,
    sndbufLimitedTimeMs: growth.sndbufLimitedTimeMs,
    deliveredSegments: growth.deliveredSegments,
    deliveredCeSegments: growth.deliveredCeSegments,
    dsackDuplicateSegments: growth.dsackDuplicateSegments,
    reorderingEvents: growth.reorderingEvents,
    outOfOrderSegmentsReceived: growth.outOfOrderSegmentsReceived,
    rehashAttempts: growth.rehashAttempts,
    totalRtos: growth.totalRtos,
    totalRtoRecoveries: growth.totalRtoRecoveries,
    totalRtoTimeMs: growth.totalRtoTimeMs,
    receivedCeSegments: growth.receivedCeSegments,
    deliveredEct1Bytes: growth.deliveredEct1Bytes,
    deliveredEct0Bytes: growth.deliveredEct0Bytes,
    deliveredCeBytes: growth.deliveredCeBytes,
    receivedEct1Bytes: growth.receivedEct1Bytes,
    receivedEct0Bytes: growth.receivedEct0Bytes,
    receivedCeBytes: growth.receivedCeBytes,
    outOfOrderBytesReceived: growth.outOfOrderBytesReceived,
  };
}
