// What getTcpInfo gives. linux-types.ts and darwin-types.ts add what only one system has.
import type { DarwinTcpInfo } from "./darwin-types";
import type { LinuxTcpInfo } from "./linux-types";

/**
 * The kernel's view of one TCP connection. What both systems have needs no `if`. For what one of them lacks, such as
 * `minRttMs`, ask `if (info.platform === "linux")` first: a union shows only properties that all of its members have.
 */
export type TcpInfo = LinuxTcpInfo | DarwinTcpInfo;

/** The states of RFC 9293, and Linux's two of its own. */
export type TcpState =
  | "CLOSED"
  | "LISTEN"
  | "SYN_SENT"
  | "SYN_RECEIVED"
  | "ESTABLISHED"
  | "FIN_WAIT_1"
  | "FIN_WAIT_2"
  | "CLOSE_WAIT"
  | "CLOSING"
  | "LAST_ACK"
  | "TIME_WAIT"
  /** Linux: a connection request that has no full socket yet. */
  | "NEW_SYN_RECV"
  /** Linux: bound, neither connected nor listening. */
  | "BOUND_INACTIVE";

/** What both ends agreed on: TCP options, and on Linux what came of them. */
export type TcpOption =
  /** RFC 7323 timestamps. */
  | "TIMESTAMPS"
  /** RFC 2018 selective acknowledgements. */
  | "SACK"
  /** RFC 7323 window scaling. */
  | "WSCALE"
  /** RFC 3168 explicit congestion notification. */
  | "ECN"
  /** Linux: at least one segment came with an ECN mark. */
  | "ECN_SEEN"
  /** Linux: data in our SYN was acknowledged by the SYN-ACK (RFC 7413 TCP Fast Open). */
  | "SYN_DATA"
  /** Linux 6.7: timestamps count microseconds. */
  | "USEC_TS"
  /** Linux 6.16: accepted by TCP Fast Open. */
  | "TFO_CHILD";

/**
 * The part that Linux and macOS have in common, with the same names, types and units.
 *
 * A property is always there. It is `undefined` when this kernel does not have the field, or has no sample for it yet;
 * `Infinity` means "no limit". (In JSON the first is left out and the second is `null`.)
 */
export interface PortableTcpInfo {
  /** State of the connection. `tcpi_state`. `undefined` for a number that has no name. */
  readonly state: TcpState | undefined;
  /** TCP options in use on this connection, a frozen list. `tcpi_options`. */
  readonly options: readonly TcpOption[] | undefined;
  /** Window scale of what we send, a shift count (0 to 14). `tcpi_snd_wscale`. `undefined` without the option WSCALE. */
  readonly sndWscale: number | undefined;
  /** Window scale of what we receive, a shift count (0 to 14). `tcpi_rcv_wscale`. `undefined` without the option WSCALE. */
  readonly rcvWscale: number | undefined;
  /**
   * Smoothed round-trip time, in milliseconds (RFC 6298 SRTT). It includes the peer's delayed ACK; behind a proxy it is the
   * way to the proxy. Linux `tcpi_rtt` (grain 1 µs), macOS `tcpi_srtt` (grain 1 ms). `undefined` until the first sample.
   */
  readonly rttMs: number | undefined;
  /** Variation of the round-trip time, in milliseconds (RFC 6298 RTTVAR). `tcpi_rttvar`. `undefined` while `rttMs` is. */
  readonly rttVarMs: number | undefined;
  /** Retransmission timeout, in milliseconds. `tcpi_rto`. macOS: `undefined` while nothing awaits an acknowledgement. */
  readonly rtoMs: number | undefined;
  /** Largest segment we send, in bytes of payload. Linux `tcpi_snd_mss`, macOS `tcpi_maxseg`. */
  readonly sndMssBytes: number | undefined;
  /** Congestion window, in bytes. Linux: `tcpi_snd_cwnd` × `tcpi_snd_mss`; macOS: `tcpi_snd_cwnd`. */
  readonly sndCwndBytes: number | undefined;
  /**
   * Slow-start threshold, in bytes. Linux: `tcpi_snd_ssthresh` × `tcpi_snd_mss`; macOS: `tcpi_snd_ssthresh`.
   * `Infinity` as long as no loss has set one.
   */
  readonly sndSsthreshBytes: number | undefined;
  /** Window that the peer offers us, in bytes, after scaling. `tcpi_snd_wnd`. Linux 5.4. */
  readonly sndWndBytes: number | undefined;
  /** Window that we offer the peer, in bytes. `tcpi_rcv_wnd`. Linux 6.2. */
  readonly rcvWndBytes: number | undefined;
  /** Payload sent, in bytes, retransmissions included. Linux 4.19 `tcpi_bytes_sent`, macOS `tcpi_txbytes`. */
  readonly bytesSent: number | undefined;
  /** Payload received, in bytes. Linux 4.1 `tcpi_bytes_received`, where the FIN counts as one; macOS `tcpi_rxbytes`, with duplicates. */
  readonly bytesReceived: number | undefined;
  /** Payload sent again, in bytes. Linux 4.19 `tcpi_bytes_retrans`, macOS `tcpi_txretransmitbytes`. */
  readonly retransmittedBytes: number | undefined;
  /** Segments with payload sent, retransmissions included. Linux 4.6 `tcpi_data_segs_out`, macOS `tcpi_txpackets`. */
  readonly dataSegmentsSent: number | undefined;
  /** Segments with payload received. Linux 4.6 `tcpi_data_segs_in`, macOS `tcpi_rxpackets`. */
  readonly dataSegmentsReceived: number | undefined;
  /**
   * Segments sent again since the connection began. Linux `tcpi_total_retrans` (SYNs included), macOS
   * `tcpi_txretransmitpackets` (absent on older systems).
   */
  readonly retransmittedSegments: number | undefined;
}
