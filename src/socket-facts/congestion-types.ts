// The result of getCongestionControl.

/** The algorithm that decides how fast a connection may send, and its state if sockinfo can decode that. */
export interface CongestionControl {
  /** The kernel's name of the algorithm: `"cubic"`, `"bbr"`, `"reno"`, `"dctcp"` or another one. `TCP_CONGESTION`. */
  readonly name: string;
  /**
   * The state of BBR. `TCP_CC_INFO`. `undefined` for other algorithms, for unknown versions of BBR, and before the
   * connection is established: BBR has no state then.
   */
  readonly bbr: BbrV1 | BbrV3 | undefined;
}

/** What both versions of BBR report, in `struct tcp_bbr_info` (linux/inet_diag.h). */
interface BbrState {
  /** The estimated bandwidth of the path, in bytes per second. `bbr_bw`. `undefined` until the first sample. */
  readonly bandwidthBytesPerSecond: number | undefined;
  /** The shortest round trip of the last ten seconds, in milliseconds. `bbr_min_rtt`. `undefined` until the first one. */
  readonly minRttMs: number | undefined;
  /**
   * The factor by which the pacing rate is above or below the bandwidth: 1.25 is 25 % above. `bbr_pacing_gain`.
   * `undefined` until the first acknowledgement.
   */
  readonly pacingGain: number | undefined;
  /**
   * The size of the congestion window in multiples of bandwidth times `minRttMs`. `bbr_cwnd_gain`. `undefined` until
   * the first acknowledgement.
   */
  readonly cwndGain: number | undefined;
}

/** BBR of the mainline kernel. It does not report its phase. */
export interface BbrV1 extends BbrState {
  readonly version: 1;
}

/** BBR of patched kernels, such as Google's. It has the name `"bbr"`, too. */
export interface BbrV3 extends BbrState {
  readonly version: 3;
  /** What BBR does at present. `bbr_phase`. `undefined` for a number without a name. */
  readonly phase: BbrPhase | undefined;
  /** The largest bandwidth that was measured recently, in bytes per second. `bbr_bw_hi`. `undefined` until the first. */
  readonly maxBandwidthBytesPerSecond: number | undefined;
  /** The limit that recent losses have set, in bytes per second. `bbr_bw_lo`. `Infinity` without a limit. */
  readonly shortTermBandwidthLimitBytesPerSecond: number;
  /** The limit for segments in flight that recent losses have set. `bbr_inflight_lo`. `Infinity` without a limit. */
  readonly shortTermInflightLimitSegments: number;
  /** The segments in flight that the path can bear, by its losses. `bbr_inflight_hi`. `Infinity` without a limit. */
  readonly longTermInflightLimitSegments: number;
  /** By how many segments acknowledgements have come in larger groups than expected. `bbr_extra_acked`. */
  readonly extraAckedSegments: number;
}

/** `enum tcp_bbr_phase`. BBR's state, and the part of the cycle in which it probes for bandwidth. */
export type BbrPhase =
  | "STARTUP"
  | "DRAIN"
  | "PROBE_RTT"
  | "PROBE_BW_UP"
  | "PROBE_BW_DOWN"
  | "PROBE_BW_CRUISE"
  | "PROBE_BW_REFILL";
