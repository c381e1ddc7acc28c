// One reading of TCP_INFO as the rules use it: one shape for all systems and kernels, and only sound numbers. Readings
// may come from decodeTcpInfo or JSON.parse, so their types prove nothing.
import { Failure, type TcpInfo, type TcpState, wrongValue } from "../core";

/** The fields that the rules use, under their names in TcpInfo. A field of another system is `undefined`. */
export interface Reading {
  readonly platform: TcpInfo["platform"];
  readonly state: TcpState | undefined;
  readonly isMptcp: boolean;
  readonly sndWscale: number | undefined;
  readonly rcvWscale: number | undefined;
  readonly rttMs: number | undefined;
  readonly minRttMs: number | undefined;
  readonly rtoMs: number | undefined;
  readonly sndMssBytes: number | undefined;
  readonly sndWndBytes: number | undefined;
  readonly sndCwndSegments: number | undefined;
  readonly sndSsthreshSegments: number | undefined;
  readonly pacingRateBytesPerSecond: number | undefined;
  readonly maxPacingRateBytesPerSecond: number | undefined;
  readonly isDeliveryRateAppLimited: boolean;
  readonly unackedSegments: number | undefined;
  readonly notSentBytes: number | undefined;
  /** macOS: in flight and not sent together. */
  readonly sendBufferBytes: number | undefined;
  readonly consecutiveRtos: number | undefined;
  readonly unansweredProbes: number | undefined;
  readonly timerBackoffs: number | undefined;
  readonly sinceLastDataSentMs: number | undefined;
  readonly sinceLastDataReceivedMs: number | undefined;
  readonly sinceLastAckReceivedMs: number | undefined;
  readonly bytesSent: number | undefined;
  readonly bytesAcked: number | undefined;
  readonly bytesReceived: number | undefined;
  readonly retransmittedBytes: number | undefined;
  readonly segmentsSent: number | undefined;
  readonly segmentsReceived: number | undefined;
  readonly dataSegmentsSent: number | undefined;
  readonly retransmittedSegments: number | undefined;
  readonly dsackDuplicateSegments: number | undefined;
  readonly reorderingEvents: number | undefined;
  readonly totalRtos: number | undefined;
  readonly busyTimeMs: number | undefined;
  readonly rwndLimitedTimeMs: number | undefined;
  readonly sndbufLimitedTimeMs: number | undefined;
}

/** A reading of any system, as it may come from JSON. */
type AnyReading = { readonly [Field in keyof Reading]?: unknown };

/** @param name - The argument's name, for messages. */
export function readReading(name: string, value: unknown): Reading | Failure {
  if (typeof value !== "object" || value === null) return refuse(name, value);
  try {
    const any: AnyReading = value;
    const { platform } = any;
    return platform === "linux" || platform === "darwin" ? copyFields(platform, any) : refuse(name, value);
  } catch (cause) {
    return Failure.ofMistake(`The "${name}" argument must be readable. One of its properties threw an error`, cause);
  }
}

function refuse(name: string, value: unknown): Failure {
  return wrongValue(name, "be a result of getTcpInfo() or decodeTcpInfo()", value);
}

function copyFields(platform: TcpInfo["platform"], any: AnyReading): Reading {
  return {
    platform,
    state: typeof any.state === "string" ? (any.state as TcpState) : undefined,
    isMptcp: any.isMptcp === true,
    sndWscale: count(any.sndWscale),
    rcvWscale: count(any.rcvWscale),
    rttMs: count(any.rttMs),
    minRttMs: count(any.minRttMs),
    rtoMs: count(any.rtoMs),
    sndMssBytes: count(any.sndMssBytes),
    sndWndBytes: count(any.sndWndBytes),
    sndCwndSegments: count(any.sndCwndSegments),
    sndSsthreshSegments: limit(any.sndSsthreshSegments),
    pacingRateBytesPerSecond: limit(any.pacingRateBytesPerSecond),
    maxPacingRateBytesPerSecond: limit(any.maxPacingRateBytesPerSecond),
    isDeliveryRateAppLimited: any.isDeliveryRateAppLimited === true,
    unackedSegments: count(any.unackedSegments),
    notSentBytes: count(any.notSentBytes),
    sendBufferBytes: count(any.sendBufferBytes),
    consecutiveRtos: count(any.consecutiveRtos),
    unansweredProbes: count(any.unansweredProbes),
    timerBackoffs: count(any.timerBackoffs),
    sinceLastDataSentMs: count(any.sinceLastDataSentMs),
    sinceLastDataReceivedMs: count(any.sinceLastDataReceivedMs),
    sinceLastAckReceivedMs: count(any.sinceLastAckReceivedMs),
    bytesSent: count(any.bytesSent),
    bytesAcked: count(any.bytesAcked),
    bytesReceived: count(any.bytesReceived),
    retransmittedBytes: count(any.retransmittedBytes),
    segmentsSent: count(any.segmentsSent),
    segmentsReceived: count(any.segmentsReceived),
    dataSegmentsSent: count(any.dataSegmentsSent),
    retransmittedSegments: count(any.retransmittedSegments),
    dsackDuplicateSegments: count(any.dsackDuplicateSegments),
    reorderingEvents: count(any.reorderingEvents),
    totalRtos: count(any.totalRtos),
    busyTimeMs: count(any.busyTimeMs),
    rwndLimitedTimeMs: count(any.rwndLimitedTimeMs),
    sndbufLimitedTimeMs: count(any.sndbufLimitedTimeMs),
  };
}

/**
 * Anything else counts as missing. No field of the kernel exceeds 2^64, and none counts less than a microsecond. Where
 * both hold, no quotient is infinite.
 */
function count(value: unknown): number | undefined {
  return typeof value === "number" && (value === 0 || value >= 1e-6) && value <= 2 ** 64 ? value : undefined;
}

/** `Infinity` means "no limit" in these fields, and JSON turns it into `null`. */
function limit(value: unknown): number | undefined {
  return value === null || value === Infinity ? Infinity : count(value);
}

/** How often the kernel has tried again since the last answer. */
export function retriesOf({ timerBackoffs = 0, consecutiveRtos = 0 }: Reading): number {
  return Math.max(timerBackoffs, consecutiveRtos);
}
