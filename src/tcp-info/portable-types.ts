// The part of TCP_INFO that Linux and macOS share. linux-types.ts and darwin-types.ts extend it.

/** The states of RFC 9293, and two that only Linux has. */
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

/** TCP options that both ends agreed on. On Linux, some names report an effect of an option. */
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
 * The part of TCP_INFO that Linux and macOS share, with the same names, types and units.
 *
 * Every property exists. It is `undefined` when this kernel lacks the field, does not fill it in, or has no sample
 * yet. `Infinity` means "no limit". In JSON, `undefined` is left out and `Infinity` becomes `null`.
 */
export interface PortableTcpInfo {
  /** State of the connection. `tcpi_state`. `undefined` for a state that sockinfo has no name for. */
  readonly state: TcpState | undefined;
  /** TCP options in use on this connection, a frozen list. `tcpi_options`. */
  readonly options: readonly TcpOption[] | undefined;
  /**
   * Window scale of the peer's window, which limits what we send: a shift count (0 to 14). `tcpi_snd_wscale`.
   * `undefined` without the option WSCALE.
   */
  readonly sndWscale: number | undefined;
  /**
   * Window scale of our window, which limits what we receive: a shift count (0 to 14). `tcpi_rcv_wscale`. `undefined`
   * without the option WSCALE.
   */
  readonly rcvWscale: number | undefined;
  /**
   * Smoothed round-trip time, in milliseconds (RFC 6298 SRTT), the peer's delayed ACK included. If a proxy forwards
   * requests to the server, it is the round trip to the proxy. Linux `tcpi_rtt` (resolution 1 µs), macOS `tcpi_srtt`
   * (resolution 1 ms). `undefined` until the first sample.
   */
  readonly rttMs: number | undefined;
  /**
   * Variation of the round-trip time, in milliseconds (RFC 6298 RTTVAR). `tcpi_rttvar`. `undefined` as long as
   * `rttMs` is.
   */
  readonly rttVarMs: number | undefined;
  /**
   * Retransmission timeout, in milliseconds. `tcpi_rto`. macOS: `undefined` while nothing awaits an
   * acknowledgement.
   */
  readonly rtoMs: number | undefined;
  /** Largest segment that we send, in bytes of payload. Linux `tcpi_snd_mss`, macOS `tcpi_maxseg`. */
  readonly sndMssBytes: number | undefined;
  /** Congestion window, in bytes. Linux: `tcpi_snd_cwnd` × `tcpi_snd_mss`; macOS: `tcpi_snd_cwnd`. */
  readonly sndCwndBytes: number | undefined;
  /**
   * Slow-start threshold, in bytes. Linux: `tcpi_snd_ssthresh` × `tcpi_snd_mss`; macOS: `tcpi_snd_ssthresh`.
   * `Infinity` until a loss sets one.
   */
  readonly sndSsthreshBytes: number | undefined;
  /** Window that the peer offers us, in bytes, after scaling. `tcpi_snd_wnd`. Linux 5.4. */
  readonly sndWndBytes: number | undefined;
  /** Window that we offer the peer, in bytes. `tcpi_rcv_wnd`. Linux 6.2. */
  readonly rcvWndBytes: number | undefined;
  /** Payload sent, in bytes, retransmissions included. Linux 4.19 `tcpi_bytes_sent`, macOS `tcpi_txbytes`. */
  readonly bytesSent: number | undefined;
  /**
   * Payload received, in bytes. Linux 4.1 `tcpi_bytes_received`, which counts the FIN as one byte; macOS
   * `tcpi_rxbytes`, which includes duplicates.
   */
  readonly bytesReceived: number | undefined;
  /**
   * Payload retransmitted since the connection began, in bytes. Linux 4.19 `tcpi_bytes_retrans`, macOS
   * `tcpi_txretransmitbytes`.
   */
  readonly retransmittedBytes: number | undefined;
  /** Segments with payload sent, retransmissions included. Linux 4.6 `tcpi_data_segs_out`, macOS `tcpi_txpackets`. */
  readonly dataSegmentsSent: number | undefined;
  /** Segments with payload received. Linux 4.6 `tcpi_data_segs_in`, macOS `tcpi_rxpackets`. */
  readonly dataSegmentsReceived: number | undefined;
  /**
   * Segments retransmitted since the connection began. Linux `tcpi_total_retrans` (SYNs included), macOS
   * `tcpi_txretransmitpackets` (absent on older systems).
   */
  readonly retransmittedSegments: number | undefined;
}
