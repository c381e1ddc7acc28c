// The part of TCP_INFO that only macOS has. Source: netinet/tcp.h, struct tcp_connection_info.
import type { PortableTcpInfo } from "./portable-types";

/** `TCPCI_FLAG_*`. */
export type TcpConnectionFlag =
  /** Retransmitting, after a timeout or duplicate acknowledgements. */
  | "LOSSRECOVERY"
  /** Segments have arrived out of order at the peer. */
  | "REORDERING_DETECTED";

/** `struct tcp_connection_info`, macOS 10.11 and later. The `tfo…` properties are about TCP Fast Open (RFC 7413). */
export interface DarwinTcpInfo extends PortableTcpInfo {
  readonly platform: "darwin";

  /** Whether loss recovery and reordering are going on now: a frozen list. `tcpi_flags`. */
  readonly flags: readonly TcpConnectionFlag[] | undefined;
  /** Bytes in the send buffer, those in flight included. `tcpi_snd_sbbytes`. */
  readonly sendBufferBytes: number | undefined;
  /** Latest sample of the round-trip time, in milliseconds. `tcpi_rttcur`. `undefined` until the first sample. */
  readonly latestRttMs: number | undefined;
  /** Bytes received out of order. `tcpi_rxoutoforderbytes`. */
  readonly outOfOrderBytesReceived: number | undefined;
  /** We requested a cookie. `tcpi_tfo_cookie_req`. */
  readonly tfoCookieRequested: boolean | undefined;
  /** We received a cookie. `tcpi_tfo_cookie_rcv`. */
  readonly tfoCookieReceived: boolean | undefined;
  /** The SYN with data was lost. `tcpi_tfo_syn_loss`. */
  readonly tfoSynLoss: boolean | undefined;
  /** We sent data in the SYN. `tcpi_tfo_syn_data_sent`. */
  readonly tfoSynDataSent: boolean | undefined;
  /** Our data in the SYN was acknowledged. `tcpi_tfo_syn_data_acked`. */
  readonly tfoSynDataAcked: boolean | undefined;
  /** We received data in the SYN. `tcpi_tfo_syn_data_rcv`. */
  readonly tfoSynDataReceived: boolean | undefined;
  /** The peer requested a cookie. `tcpi_tfo_cookie_req_rcv`. */
  readonly tfoCookieRequestReceived: boolean | undefined;
  /** We sent a cookie. `tcpi_tfo_cookie_sent`. */
  readonly tfoCookieSent: boolean | undefined;
  /** The peer's cookie was invalid. `tcpi_tfo_cookie_invalid`. */
  readonly tfoCookieInvalid: boolean | undefined;
  /** Our cookie was refused. `tcpi_tfo_cookie_wrong`. */
  readonly tfoCookieWrong: boolean | undefined;
  /** We requested a cookie and received none. `tcpi_tfo_no_cookie_rcv`. */
  readonly tfoNoCookieReceived: boolean | undefined;
  /** Heuristics switched Fast Open off. `tcpi_tfo_heuristics_disable`. */
  readonly tfoHeuristicsDisabled: boolean | undefined;
  /** The data that we sent with Fast Open vanished. `tcpi_tfo_send_blackhole`. */
  readonly tfoSendBlackhole: boolean | undefined;
  /** The data that the peer sent with Fast Open vanished. `tcpi_tfo_recv_blackhole`. */
  readonly tfoRecvBlackhole: boolean | undefined;
  /** A proxy on the path acknowledged only one byte. `tcpi_tfo_onebyte_proxy`. */
  readonly tfoOnebyteProxy: boolean | undefined;
}
