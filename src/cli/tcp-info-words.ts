// The words of docs/tcp-info.md for each property of TCP_INFO, in the groups in which `sockinfo show` prints them.
import type { LinuxTcpInfo } from "../core";

export interface FieldGroup {
  readonly title: string;
  readonly fields: { readonly [Name in keyof LinuxTcpInfo]?: string };
}

/** All but `platform`, and `isMptcp`, which sock_diag does not report. A test compares the words with the docs. */
export const FIELD_GROUPS: readonly FieldGroup[] = [
  {
    title: "Connection",
    fields: {
      state: "State of the connection",
      options: "TCP options in use on this connection",
      pmtuBytes: "Path MTU",
      sndMssBytes: "Largest segment we send, payload only",
      rcvMssBytes: "Estimate of the largest segment that we receive, payload only",
      advMssBytes: "Largest segment that we announced to the peer, payload only",
      sndWscale: "Window scale of what we send, a shift count (0 to 14)",
      rcvWscale: "Window scale of what we receive, a shift count (0 to 14)",
      fastopenClientFail: "Why TCP Fast Open did not work",
      options2Bits: "24 more option bits, as a number; none of them has a name yet",
    },
  },
  {
    title: "Round trips",
    fields: {
      rttMs: "Smoothed round-trip time (RFC 6298 SRTT)",
      minRttMs: "Lowest recent round-trip time",
      rttVarMs: "Variation of the round-trip time (RFC 6298 RTTVAR)",
      rcvRttMs: "Round-trip time as the receiver estimates it",
      rtoMs: "Retransmission timeout",
      atoMs: "Delayed-acknowledgement timeout",
    },
  },
  {
    title: "Speed",
    fields: {
      deliveryRateBytesPerSecond: "Most recent rate at which data reached the peer",
      isDeliveryRateAppLimited:
        "True when deliveryRateBytesPerSecond was limited by the application, not by the network",
      pacingRateBytesPerSecond: "Pacing rate",
      maxPacingRateBytesPerSecond: "Limit of the pacing rate (SO_MAX_PACING_RATE)",
      busyTimeMs: "Time in which data was outstanding, the next two included",
      rwndLimitedTimeMs: "Time in which the peer's window held us back",
      sndbufLimitedTimeMs: "Time in which our send buffer held us back",
    },
  },
  {
    title: "Windows and congestion control",
    fields: {
      caState: "State of congestion control",
      sndCwndSegments: "Congestion window, in segments",
      sndCwndBytes: "Congestion window, in bytes",
      sndSsthreshSegments: "Slow-start threshold, in segments",
      sndSsthreshBytes: "Slow-start threshold, in bytes",
      sndWndBytes: "Window that the peer offers us, after scaling",
      rcvWndBytes: "Window that we offer the peer",
      rcvSsthreshBytes: "Upper bound of the window that we offer",
      rcvSpaceBytes: "Target of the receive-buffer tuning; not the window",
    },
  },
  {
    title: "Under way now",
    fields: {
      notSentBytes: "Bytes in the send queue that have never been sent",
      unackedSegments: "Segments sent and not yet acknowledged, now",
      unackedSackedSegments: "Segments selectively acknowledged, now",
      unackedLostSegments: "Unacknowledged segments that the kernel considers lost, now",
      unackedRetransmittedSegments: "Retransmitted segments in flight, now",
      forwardAckedSegments:
        "Forward-acknowledged segments, now; undefined from Linux 4.18 on, which no longer counts them",
    },
  },
  {
    title: "Losses and reordering",
    fields: {
      retransmittedSegments: "Segments sent again since the connection began",
      retransmittedBytes: "Payload sent again",
      dsackDuplicateSegments: "Needless retransmissions: segments that the peer reported as received twice (DSACK)",
      reorderingEvents: "How often reordering was seen",
      reorderingThresholdSegments: "How far out of order a segment may arrive before it counts as lost; 3 at first",
      outOfOrderSegmentsReceived: "Segments received out of order",
      consecutiveRtos: "Retransmission timeouts in a row without an answer",
      timerBackoffs:
        "How often the timer for retransmissions or for zero-window probes was doubled: see drop dead clients",
      unansweredProbes: "Zero-window or keepalive probes in a row without an answer",
      totalRtos: "Retransmission timeouts since the connection began, those of the SYN included",
      totalRtoRecoveries: "Recoveries from retransmission timeouts, an unfinished one included",
      totalRtoTimeMs: "Time spent in recovery from retransmission timeouts",
      rehashAttempts: "How often a new flow hash was used to try another path, after timeouts or by PLB",
    },
  },
  {
    title: "Since",
    fields: {
      sinceLastDataSentMs: "Time since data was last sent; since the connection began, if none was",
      sinceLastDataReceivedMs: "Time since data last arrived; since the connection began, if none has",
      sinceLastAckReceivedMs: "Time since an acknowledgement last arrived",
      sinceLastAckSentMs: "Time since an acknowledgement was last sent; always undefined, because no kernel records it",
    },
  },
  {
    title: "Sent and received",
    fields: {
      bytesSent: "Payload sent, retransmissions included",
      bytesAcked: "Bytes that the peer has acknowledged; the SYN of a client and the FIN count as one each",
      bytesReceived: "Payload received; the FIN counts as one",
      segmentsSent: "Segments sent, with or without payload",
      segmentsReceived: "Segments received, with or without payload",
      dataSegmentsSent: "Segments with payload sent, retransmissions included",
      dataSegmentsReceived: "Segments with payload received",
      deliveredSegments: "Segments delivered, retransmitted ones included",
    },
  },
  {
    title: "ECN",
    fields: {
      ecnMode: "How ECN is used",
      accecnOptSeen: "What was seen of the peer's AccECN option",
      accecnFailMode: "In which directions AccECN failed",
      deliveredCeSegments: "Segments delivered for which the peer reported an ECN mark",
      receivedCeSegments: "Segments received with the mark CE",
      deliveredEct1Bytes: "Bytes delivered with the mark ECT(1); this counter and the next five wrap at 4 GiB",
      deliveredEct0Bytes: "Bytes delivered with the mark ECT(0)",
      deliveredCeBytes: "Bytes delivered with the mark CE",
      receivedEct1Bytes: "Bytes received with the mark ECT(1)",
      receivedEct0Bytes: "Bytes received with the mark ECT(0)",
      receivedCeBytes: "Bytes received with the mark CE",
    },
  },
];
