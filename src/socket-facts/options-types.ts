// The result of getSocketOptions.

/**
 * The options of one TCP socket. A property is `undefined` where the option is not set, where the system or kernel
 * lacks it, and where a sandbox denies it.
 */
export interface SocketOptions {
  /**
   * The size of the receive buffer, as given by the kernel. `SO_RCVBUF`. On Linux it also counts the kernel's
   * bookkeeping, and grows with the connection unless a size was requested.
   */
  readonly rcvBufferLimitBytes: number | undefined;
  /** The size of the send buffer, as given by the kernel. `SO_SNDBUF`. It counts and grows like the receive buffer. */
  readonly sndBufferLimitBytes: number | undefined;
  /**
   * The size of the receive buffer, as requested with setsockopt() and cut down to net.core.rmem_max. The kernel gives
   * twice as much. `SO_BUF_LOCK`, Linux 5.14. `undefined` if no size was requested, and on macOS.
   */
  readonly requestedRcvBufferBytes: number | undefined;
  /** The same for the send buffer and net.core.wmem_max. */
  readonly requestedSndBufferBytes: number | undefined;
  /** Whether small writes are sent at once, without waiting for acknowledgements (Nagle's algorithm). `TCP_NODELAY`. */
  readonly noDelay: boolean | undefined;
  /** Whether the kernel probes an idle connection. `SO_KEEPALIVE`. The next three count only if this is true. */
  readonly keepAlive: boolean | undefined;
  /** Milliseconds without data until the first probe. `TCP_KEEPIDLE`; `TCP_KEEPALIVE` on macOS. */
  readonly keepAliveIdleMs: number | undefined;
  /** Milliseconds between two probes. `TCP_KEEPINTVL`. */
  readonly keepAliveIntervalMs: number | undefined;
  /** How many probes may stay unanswered before the connection ends. `TCP_KEEPCNT`. */
  readonly keepAliveProbes: number | undefined;
  /**
   * Milliseconds that data may stay unacknowledged before the connection ends. `TCP_USER_TIMEOUT`;
   * `TCP_RXT_CONNDROPTIME` on macOS. `undefined` if it is not set: the system's limit then counts.
   */
  readonly userTimeoutMs: number | undefined;
  /**
   * How many bytes may wait unsent in the kernel before the socket no longer counts as writable. `TCP_NOTSENT_LOWAT`.
   * `undefined` if it is not set: net.ipv4.tcp_notsent_lowat then counts.
   */
  readonly notSentLimitBytes: number | undefined;
  /** The limit of the pacing rate, in bytes per second. `SO_MAX_PACING_RATE`, Linux. `Infinity` without a limit. */
  readonly maxPacingRateBytesPerSecond: number | undefined;
  /**
   * The byte in the headers of outgoing packets, 0 to 255: six bits of DSCP, and two of ECN, which the kernel sets.
   * `IP_TOS` for IPv4, `IPV6_TCLASS` for IPv6.
   */
  readonly typeOfService: number | undefined;
  /** The mark for routing and firewall rules. `SO_MARK`, Linux. `undefined` if it is not set. */
  readonly mark: number | undefined;
  /**
   * The kernel's id of the socket, unique while the system runs. `SO_COOKIE`, Linux 4.6. In hexadecimal digits, as
   * `ss -e` shows it after `sk:`, because it has 64 bits.
   */
  readonly cookie: string | undefined;
}
