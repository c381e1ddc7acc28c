// What getMptcpInfo returns. The names in capitals and with `mptcpi_` are the kernel's: include/uapi/linux/mptcp.h.
import type { LinuxTcpInfo } from "../tcp-info/linux-types";

/** The address of one end of a subflow. */
export interface MptcpEndpoint {
  readonly family: "IPv4" | "IPv6";
  readonly address: string;
  readonly port: number;
}

/** One TCP connection that carries a part of an MPTCP connection, as the kernel lists it. */
export interface MptcpSubflow {
  /** The address of this side. `undefined` for a family other than IPv4 and IPv6. */
  readonly local: MptcpEndpoint | undefined;
  /** The address of the peer. `undefined` for a family other than IPv4 and IPv6. */
  readonly remote: MptcpEndpoint | undefined;
  /** TCP_INFO of this subflow alone, in whatever state it is. Its `isMptcp` is `true`. */
  readonly tcpInfo: LinuxTcpInfo;
}

/**
 * `struct mptcp_info`, and the subflows. A version after a field is the first release with that field; the code
 * decides by the length that the kernel returns. The limits and the counts of addresses are of the kernel's own path
 * manager.
 */
export interface MptcpInfo {
  /**
   * The subflows that exist now: `MPTCP_TCPINFO`, `MPTCP_SUBFLOW_ADDRS`. `undefined` if the kernel refuses to list
   * them, or if subflows came and went during several readings.
   */
  readonly subflows: readonly MptcpSubflow[] | undefined;
  /** The number of subflows, the first one included while it exists. `mptcpi_subflows_total`. Linux 6.6. */
  readonly totalSubflows: number | undefined;
  /** The number of subflows besides the first. `mptcpi_subflows`. */
  readonly additionalSubflows: number | undefined;
  /** The limit of `additionalSubflows`. `mptcpi_subflows_max`. */
  readonly additionalSubflowsLimit: number | undefined;
  /** How many addresses this side has announced to the peer. `mptcpi_add_addr_signal`. */
  readonly announcedAddresses: number | undefined;
  /** The limit of `announcedAddresses`. `mptcpi_add_addr_signal_max`. */
  readonly announcedAddressesLimit: number | undefined;
  /** How many addresses of the peer this side has accepted. `mptcpi_add_addr_accepted`. */
  readonly acceptedAddresses: number | undefined;
  /** The limit of `acceptedAddresses`. `mptcpi_add_addr_accepted_max`. */
  readonly acceptedAddressesLimit: number | undefined;
  /** How many addresses of this side new subflows have been made from. `mptcpi_local_addr_used`. */
  readonly localAddressesUsed: number | undefined;
  /** The limit of `localAddressesUsed`. `mptcpi_local_addr_max`. */
  readonly localAddressesLimit: number | undefined;
  /**
   * How many endpoints of this machine are laminar. `mptcpi_endp_laminar_max`. Linux 6.18. `undefined` also for 0:
   * older kernels return 0 at the same length.
   */
  readonly laminarEndpoints: number | undefined;
  /** How many endpoints are fullmesh. `mptcpi_endp_fullmesh_max`. As `laminarEndpoints`. */
  readonly fullmeshEndpoints: number | undefined;
  /** Whether the peer's key has arrived. Before, no subflow can be added. `MPTCP_INFO_FLAG_REMOTE_KEY_RECEIVED`. */
  readonly isRemoteKeyReceived: boolean | undefined;
  /** Whether checksums protect the data. `mptcpi_csum_enabled`. */
  readonly isChecksumEnabled: boolean | undefined;
  /**
   * This side's name of the connection, which subflows of the peer use to join it. `ss` shows it in hexadecimal.
   * `mptcpi_token`. `undefined` once the connection has ended.
   */
  readonly token: number | undefined;
  /**
   * Bytes that were written and that the peer has not acknowledged on any subflow, sent or not. `mptcpi_write_seq` −
   * `mptcpi_snd_una`. The end of the data counts as one byte.
   */
  readonly sendQueueBytes: number | undefined;
  /** Bytes sent, each once. `mptcpi_bytes_sent`. Linux 6.5. */
  readonly bytesSent: number | undefined;
  /** Bytes received in order. `mptcpi_bytes_received`. Linux 6.5. */
  readonly bytesReceived: number | undefined;
  /** Bytes that the peer has acknowledged. The end of the data counts as one. `mptcpi_bytes_acked`. Linux 6.5. */
  readonly bytesAcked: number | undefined;
  /**
   * Bytes that were sent again on the same or another subflow. `mptcpi_bytes_retrans`. What TCP sends again within a
   * subflow is in its `tcpInfo`. Linux 6.5.
   */
  readonly retransmittedBytes: number | undefined;
  /** How often the end of the data was announced again. `mptcpi_retransmits`. Linux 6.5. */
  readonly endRetransmissions: number | undefined;
  /** Milliseconds since data was last sent. `mptcpi_last_data_sent`. Linux 6.10. */
  readonly sinceLastDataSentMs: number | undefined;
  /** Milliseconds since data last arrived. `mptcpi_last_data_recv`. Linux 6.10. */
  readonly sinceLastDataReceivedMs: number | undefined;
  /** Milliseconds since an acknowledgement last arrived. `mptcpi_last_ack_recv`. Linux 6.10. */
  readonly sinceLastAckReceivedMs: number | undefined;
}
