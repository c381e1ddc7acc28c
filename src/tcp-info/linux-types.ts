// The part of TCP_INFO that only Linux has. A version after a field is the first release with that field; the code
// decides by the length that the kernel returns. Sources: include/uapi/linux/tcp.h, net/ipv4/tcp.c.
//
// To add a field, follow "When the kernel grows a field" in CONTRIBUTING.md.
import type { PortableTcpInfo } from "./portable-types";

/** State of congestion control: `enum tcp_ca_state`. */
export type TcpCaState =
  /** Nothing is wrong. */
  | "OPEN"
  /** Duplicate or selective acknowledgements were seen; no retransmission yet. */
  | "DISORDER"
  /** The window is being reduced after an ECN mark or a local queue overflow. */
  | "CWR"
  /** Fast retransmit. */
  | "RECOVERY"
  /** A retransmission timeout, or the peer took back a selective acknowledgement. */
  | "LOSS";

/** Why TCP Fast Open did not work as a client: `enum tcp_fastopen_client_fail`. */
export type FastopenClientFail = "UNSPECIFIED" | "COOKIE_UNAVAILABLE" | "DATA_NOT_ACKED" | "SYN_RETRANSMITTED";

/** How ECN is used: `TCPI_ECN_MODE_*`. RFC 3168 is classic ECN, RFC 9768 is AccECN. */
export type EcnMode = "DISABLED" | "RFC3168" | "ACCECN" | "PENDING";

/** What was seen of the peer's AccECN option: `TCP_ACCECN_OPT_*`. */
export type AccecnOptSeen = "NOT_SEEN" | "EMPTY" | "COUNTER" | "FAIL";

/** Where AccECN failed, in the ACE field or the option, on sending or receiving: `TCP_ACCECN_*_FAIL_*`. */
export type AccecnFail = "ACE_SEND" | "ACE_RECV" | "OPT_SEND" | "OPT_RECV";

/**
 * `struct tcp_info`, tcp(7). Counters of 16 and 32 bits wrap: use `diffTcpInfo` of sockinfo/connections for
 * differences.
 */
export interface LinuxTcpInfo extends PortableTcpInfo {
  readonly platform: "linux";

  /**
   * Whether this is an MPTCP connection: `SO_PROTOCOL`, not TCP_INFO. The other properties then describe only its
   * first path (subflow). `state` stays `"ESTABLISHED"` after the client has ended the connection. Once the first
   * path has closed, only `state` has a value. `undefined` from `decodeTcpInfo`, and where the system denies the call.
   */
  readonly isMptcp: boolean | undefined;
  /** State of congestion control. `tcpi_ca_state`. */
  readonly caState: TcpCaState | undefined;
  /** Retransmission timeouts in a row without an answer. An answer sets it to 0. `tcpi_retransmits`. */
  readonly consecutiveRtos: number | undefined;
  /**
   * Zero-window or keepalive probes in a row without an answer. `tcpi_probes`. A living peer may leave up to two
   * probes unanswered for a second.
   */
  readonly unansweredProbes: number | undefined;
  /**
   * How often the timer for retransmissions or for zero-window probes has been doubled. `tcpi_backoff`. This alone is
   * no sign of loss: it also grows while a living peer does not read. Only retransmissions double `rtoMs`.
   */
  readonly timerBackoffs: number | undefined;
  /**
   * Whether the application limited `deliveryRateBytesPerSecond`, not the network. `tcpi_delivery_rate_app_limited`.
   * Linux 4.9.
   */
  readonly isDeliveryRateAppLimited: boolean | undefined;
  /** Why TCP Fast Open did not work. `tcpi_fastopen_client_fail`. Linux 5.5. */
  readonly fastopenClientFail: FastopenClientFail | undefined;
  /** Delayed-acknowledgement timeout, in milliseconds. `tcpi_ato`. `undefined` until the first data arrives. */
  readonly atoMs: number | undefined;
  /** Estimate of the largest segment that we receive, in bytes of payload. `tcpi_rcv_mss`. */
  readonly rcvMssBytes: number | undefined;
  /**
   * Segments sent and not yet acknowledged, now. `tcpi_unacked`. In state LISTEN: connections waiting for accept().
   */
  readonly unackedSegments: number | undefined;
  /**
   * Unacknowledged segments that are selectively acknowledged (SACK), now. `tcpi_sacked`. In state LISTEN: the
   * limit of the accept queue.
   */
  readonly unackedSackedSegments: number | undefined;
  /** Unacknowledged segments that the kernel considers lost, now: a gauge, not a counter. `tcpi_lost`. */
  readonly unackedLostSegments: number | undefined;
  /**
   * Retransmitted segments in flight, now. `tcpi_retrans`. `retransmittedSegments` counts since the connection
   * began.
   */
  readonly unackedRetransmittedSegments: number | undefined;
  /**
   * Forward-acknowledged segments, now. `tcpi_fackets`. `undefined` from Linux 4.18 on, which no longer counts
   * these.
   */
  readonly forwardAckedSegments: number | undefined;
  /** Milliseconds since data was last sent; since the connection began, if none was. `tcpi_last_data_sent`. */
  readonly sinceLastDataSentMs: number | undefined;
  /**
   * Milliseconds since an acknowledgement was last sent. `tcpi_last_ack_sent`. Always `undefined`: no kernel
   * records it.
   */
  readonly sinceLastAckSentMs: number | undefined;
  /** Milliseconds since data last arrived; since the connection began, if none has. `tcpi_last_data_recv`. */
  readonly sinceLastDataReceivedMs: number | undefined;
  /** Milliseconds since an acknowledgement last arrived. `tcpi_last_ack_recv`. */
  readonly sinceLastAckReceivedMs: number | undefined;
  /** Path MTU, in bytes. `tcpi_pmtu`. */
  readonly pmtuBytes: number | undefined;
  /** Upper bound of the window that we offer, in bytes. `tcpi_rcv_ssthresh`. */
  readonly rcvSsthreshBytes: number | undefined;
  /** Slow-start threshold, in segments. `tcpi_snd_ssthresh`. `Infinity` until a loss sets one. */
  readonly sndSsthreshSegments: number | undefined;
  /** Congestion window, in segments. `tcpi_snd_cwnd`. */
  readonly sndCwndSegments: number | undefined;
  /** Largest segment that we have announced to the peer, in bytes of payload. `tcpi_advmss`. */
  readonly advMssBytes: number | undefined;
  /**
   * How far out of order a segment may arrive before it counts as lost, in segments. 3 at first. `tcpi_reordering`.
   */
  readonly reorderingThresholdSegments: number | undefined;
  /**
   * Round-trip time that this end estimates from the data it receives, in milliseconds. `tcpi_rcv_rtt`. `undefined`
   * until the first sample.
   */
  readonly rcvRttMs: number | undefined;
  /** Target of the receive-buffer tuning, in bytes. Not the window. `tcpi_rcv_space`. */
  readonly rcvSpaceBytes: number | undefined;
  /** Pacing rate, in bytes per second. `tcpi_pacing_rate`. `Infinity` without pacing. Linux 3.15. */
  readonly pacingRateBytesPerSecond: number | undefined;
  /**
   * Limit of the pacing rate (SO_MAX_PACING_RATE), in bytes per second. `tcpi_max_pacing_rate`. `Infinity` without
   * a limit. Linux 3.15.
   */
  readonly maxPacingRateBytesPerSecond: number | undefined;
  /**
   * Bytes that the peer has acknowledged. A client's SYN and the FIN count as one byte each. `tcpi_bytes_acked`.
   * Linux 4.1.
   */
  readonly bytesAcked: number | undefined;
  /** Segments sent, with or without payload. `tcpi_segs_out`. Linux 4.2. */
  readonly segmentsSent: number | undefined;
  /** Segments received, with or without payload. `tcpi_segs_in`. Linux 4.2. */
  readonly segmentsReceived: number | undefined;
  /** Bytes in the send queue that have never been sent. `tcpi_notsent_bytes`. Linux 4.6. */
  readonly notSentBytes: number | undefined;
  /** Lowest recent round-trip time, in milliseconds. `tcpi_min_rtt`. `undefined` until the first sample. Linux 4.6. */
  readonly minRttMs: number | undefined;
  /**
   * Most recent rate at which data reached the peer, in bytes per second. `tcpi_delivery_rate`. `undefined` until
   * the first sample. Linux 4.9.
   */
  readonly deliveryRateBytesPerSecond: number | undefined;
  /**
   * Milliseconds in which data was outstanding, `rwndLimitedTimeMs` and `sndbufLimitedTimeMs` included.
   * `tcpi_busy_time`. Linux 4.10.
   */
  readonly busyTimeMs: number | undefined;
  /** Milliseconds in which the peer's window held us back. `tcpi_rwnd_limited`. Linux 4.10. */
  readonly rwndLimitedTimeMs: number | undefined;
  /** Milliseconds in which our send buffer held us back. `tcpi_sndbuf_limited`. Linux 4.10. */
  readonly sndbufLimitedTimeMs: number | undefined;
  /** Segments delivered, retransmitted ones included. `tcpi_delivered`. Linux 4.18. */
  readonly deliveredSegments: number | undefined;
  /** Segments delivered for which the peer reported an ECN mark. `tcpi_delivered_ce`. Linux 4.18. */
  readonly deliveredCeSegments: number | undefined;
  /**
   * Needless retransmissions: segments that the peer reported as received twice (DSACK). `tcpi_dsack_dups`. Linux
   * 4.19.
   */
  readonly dsackDuplicateSegments: number | undefined;
  /** How often reordering was seen. `tcpi_reord_seen`. Linux 4.19. */
  readonly reorderingEvents: number | undefined;
  /** Segments received out of order. `tcpi_rcv_ooopack`. Linux 5.4. */
  readonly outOfOrderSegmentsReceived: number | undefined;
  /** How often a new flow hash was used to try another path, after timeouts or by PLB. `tcpi_rehash`. Linux 6.2. */
  readonly rehashAttempts: number | undefined;
  /** Retransmission timeouts since the connection began, those of the SYN included. `tcpi_total_rto`. Linux 6.7. */
  readonly totalRtos: number | undefined;
  /** Recoveries from retransmission timeouts, an unfinished one included. `tcpi_total_rto_recoveries`. Linux 6.7. */
  readonly totalRtoRecoveries: number | undefined;
  /** Milliseconds spent in recovery from retransmission timeouts. `tcpi_total_rto_time`. Linux 6.7. */
  readonly totalRtoTimeMs: number | undefined;
  /** Segments received with the mark CE. `tcpi_received_ce`. Linux 6.18. */
  readonly receivedCeSegments: number | undefined;
  /** Bytes delivered with the mark ECT(1). Wraps at 4 GiB. `tcpi_delivered_e1_bytes`. Linux 6.18. */
  readonly deliveredEct1Bytes: number | undefined;
  /** Bytes delivered with the mark ECT(0). Wraps at 4 GiB. `tcpi_delivered_e0_bytes`. Linux 6.18. */
  readonly deliveredEct0Bytes: number | undefined;
  /** Bytes delivered with the mark CE. Wraps at 4 GiB. `tcpi_delivered_ce_bytes`. Linux 6.18. */
  readonly deliveredCeBytes: number | undefined;
  /** Bytes received with the mark ECT(1). Wraps at 4 GiB. `tcpi_received_e1_bytes`. Linux 6.18. */
  readonly receivedEct1Bytes: number | undefined;
  /** Bytes received with the mark ECT(0). Wraps at 4 GiB. `tcpi_received_e0_bytes`. Linux 6.18. */
  readonly receivedEct0Bytes: number | undefined;
  /** Bytes received with the mark CE. Wraps at 4 GiB. `tcpi_received_ce_bytes`. Linux 6.18. */
  readonly receivedCeBytes: number | undefined;
  /** How ECN is used. `tcpi_ecn_mode`. Linux 7.0. */
  readonly ecnMode: EcnMode | undefined;
  /** What was seen of the peer's AccECN option. `tcpi_accecn_opt_seen`. Linux 7.0. */
  readonly accecnOptSeen: AccecnOptSeen | undefined;
  /** Where AccECN failed, a frozen list. `tcpi_accecn_fail_mode`. Linux 7.0. */
  readonly accecnFailMode: readonly AccecnFail[] | undefined;
  /** 24 more option bits, as a number. None of these bits has a name yet. `tcpi_options2`. Linux 7.0. */
  readonly options2Bits: number | undefined;
}
