// The result of diagnoseTcp, and its closed lists. docs/diagnose-tcp.md has the same lists; a test compares them.

/** What limited a connection between two readings. */
export type TcpVerdict =
  /** Nothing was sent, and nothing waited. */
  | "idle"
  /** Data flowed, and nothing was wrong. `cause` says what set the speed. */
  | "healthy"
  /** The application had nothing to send for a part of the time, or sent little at a time. */
  | "application-limited"
  /** The peer reads slowly or has stopped reading, and data waits here for it. */
  | "slow-reader"
  /** The peer reads fast, but its receive buffer is too small for the round-trip time. */
  | "small-window"
  /** Our send buffer is too small for the round-trip time. */
  | "small-send-buffer"
  /** The path loses packets. */
  | "lossy"
  /** The path delivers packets out of order. */
  | "reordering"
  /** Packets wait in a queue of the path. */
  | "queueing"
  /** The peer does not answer any more. */
  | "stalled"
  /** This side or TCP has closed the connection. */
  | "closing"
  /** The readings can't tell. `cause` says why. */
  | "unknown";

/** The causes of each verdict; docs/diagnose-tcp.md says more. `undefined` for a verdict that has only one. */
export interface TcpCauses {
  readonly idle: undefined;
  readonly healthy: "paced" | "distance" | "growing" | "bandwidth";
  readonly "application-limited": "pauses" | "small-writes";
  readonly "slow-reader": "takes-nothing" | "reads-slowly";
  readonly "small-window": undefined;
  readonly "small-send-buffer": "counted-by-kernel" | "pending-in-application";
  readonly lossy: "timeouts" | "retransmissions";
  readonly reordering: undefined;
  readonly queueing: "filled-by-others" | "filled-by-anyone";
  readonly stalled: "no-answer" | "probes-unanswered";
  readonly closing: "closed" | "undelivered" | "delivered";
  readonly unknown: "not-connected" | "mptcp" | "fields-missing" | "too-little-seen" | "interval-wrong";
}

/** A cause of any verdict. */
export type TcpCause = NonNullable<TcpCauses[TcpVerdict]>;

/** A verdict and one of its causes. */
export type TcpReason = { [Verdict in TcpVerdict]: TcpReasonOf<Verdict> }[TcpVerdict];

interface TcpReasonOf<Verdict extends TcpVerdict> {
  readonly verdict: Verdict;
  /** `undefined` for verdicts that have only one cause: `"idle"`, `"small-window"` and `"reordering"`. */
  readonly cause: TcpCauses[Verdict];
}

/** What the `value` of a finding counts. Each name ends with its unit. */
export type TcpMeasure =
  | "acknowledgedBytes"
  | "applicationMs"
  | "goodputBytesPerSecond"
  | "intervalMs"
  | "limitBytesPerSecond"
  | "lossRatio"
  | "pacingBytesPerSecond"
  | "pendingBytes"
  | "queueingMs"
  | "reorderingRatio"
  | "sendBufferMs"
  | "sinceLastAckReceivedMs"
  | "sinceLastDataSentMs"
  | "timeouts"
  | "undeliveredBytes";

/** The number that proves a verdict. Both are `undefined` where no number does. */
export type TcpProof =
  | {
      /** What `value` counts, with its unit. */
      readonly measure: TcpMeasure;
      /** The number that proves the verdict. */
      readonly value: number;
    }
  | { readonly measure: undefined; readonly value: undefined };

/** A verdict with the number that proves it, and a sentence for a person. */
export type TcpFinding = TcpReason &
  TcpProof & {
    /** One to three sentences in English, for a person. Its words may change in any version: do not parse them. */
    readonly sentence: string;
  };

/** Where the time of an interval went, in milliseconds. The four parts sum to the interval. */
export interface TcpTimeShares {
  /** All data was acknowledged, and the application had written no more. */
  readonly applicationMs: number;
  /** The peer's window was full. */
  readonly receiverMs: number;
  /** Our send buffer was full. Linux misses most of this time, except with bbr. */
  readonly sendBufferMs: number;
  /** Data was under way, and neither window nor buffer held it back: the path, or its distance. */
  readonly networkMs: number;
}

/** The result of `diagnoseTcp`: a finding, and more numbers. */
export type TcpDiagnosis = TcpFinding & TcpNumbers;

/** A number is `undefined` where the readings do not have it, or where it is stale. */
export interface TcpNumbers {
  /** A second finding that also holds. `undefined` for most connections. */
  readonly also: TcpFinding | undefined;
  /** The four shares of the interval. `undefined` before Linux 4.10, on macOS, and if `intervalMs` is wrong. */
  readonly shares: TcpTimeShares | undefined;
  /** Milliseconds between the two readings, as given. */
  readonly intervalMs: number;
  /**
   * Bytes per second that the peer acknowledged for the first time, over the interval. `undefined` if `intervalMs` is
   * wrong.
   */
  readonly goodputBytesPerSecond: number | undefined;
  /** Retransmitted segments ÷ segments sent with data, 0 to 1. `undefined` if none was sent. */
  readonly retransmissionRatio: number | undefined;
  /**
   * Needless retransmissions ÷ retransmitted segments, 0 to 1: the peer had the data already. `undefined` if none was
   * retransmitted.
   */
  readonly spuriousRatio: number | undefined;
  /** Retransmissions that were needed ÷ segments sent with data, 0 to 1. `undefined` if none was sent. */
  readonly lossRatio: number | undefined;
  /**
   * Whether loss limits the speed. False if the connection is much faster than loss-based congestion control could
   * be, as with bbr. `undefined` without loss, and where it is not clear.
   */
  readonly lossLimitsSpeed: boolean | undefined;
  /**
   * Milliseconds of the round-trip time above its minimum: time in queues, the peer's delayed acknowledgements
   * included. `undefined` where no acknowledgement came meanwhile, because the value is then stale.
   */
  readonly queueingMs: number | undefined;
  /** Payload sent and not yet acknowledged, in bytes, at the later reading. */
  readonly inFlightBytes: number | undefined;
  /** Payload in the send queue that was never sent, in bytes, at the later reading. */
  readonly notSentBytes: number | undefined;
  /** Payload that the peer has not acknowledged, in bytes, at the later reading: the sum of the two, also on macOS. */
  readonly undeliveredBytes: number | undefined;
}

export interface DiagnoseTcpOptions {
  /**
   * Milliseconds between the two readings, by a monotonic clock such as `performance.now()`: more than 0, and less than
   * 24 days.
   */
  readonly intervalMs: number;
  /**
   * Bytes that waited in the application. Read `socket.writableLength` at both readings, and pass the smaller value. It
   * decides between a small send buffer and an application that sends little at a time.
   */
  readonly pendingBytes?: number | undefined;
}
