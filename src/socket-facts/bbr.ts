// Decodes Linux's struct tcp_bbr_info (include/uapi/linux/inet_diag.h). Makes no system call. congestion-types.ts
// documents each value.
import type { StructViews } from "../tcp-info/struct-views";
import type { BbrPhase, BbrV1, BbrV3 } from "./congestion-types";

const V1_LENGTH = 20;
const V3_LENGTH = 52;
const V3_VERSION = 3;
/** The gains are multiples of 1/256. */
const GAIN_UNIT = 256;
const UINT32_MAX = 0xffff_ffff;

/** By number. 0 means "invalid". */
const PHASES: readonly (BbrPhase | undefined)[] = [
  undefined,
  "STARTUP",
  "DRAIN",
  "PROBE_RTT",
  "PROBE_BW_UP",
  "PROBE_BW_DOWN",
  "PROBE_BW_CRUISE",
  "PROBE_BW_REFILL",
];

/**
 * The length tells the versions apart, because the name does not. Returns `undefined` for a length or version that is
 * not known, and before BBR has begun.
 */
export function decodeBbr(views: StructViews): BbrV1 | BbrV3 | undefined {
  if (!hasBegun(views)) return undefined;
  if (views.length === V1_LENGTH) return decodeV1(views);
  if (views.length >= V3_LENGTH && views.u8[39] === V3_VERSION) return decodeV3(views);
  return undefined;
}

/**
 * False for listening and connecting sockets. BBR begins when a connection is established. Until then its state is all
 * zeros, which would mean an empty window and the phase STARTUP. From then on its shortest round trip is not 0 until
 * its gains are set.
 */
function hasBegun({ u32 }: StructViews): boolean {
  return u32[8 / 4] !== 0 || u32[12 / 4] !== 0 || u32[16 / 4] !== 0;
}

function decodeV1({ u32 }: StructViews): BbrV1 {
  return {
    version: 1,
    bandwidthBytesPerSecond: bandwidth(u32, 0) || undefined,
    minRttMs: minRttMs(u32),
    pacingGain: gain(word(u32, 12)),
    cwndGain: gain(word(u32, 16)),
  };
}

function decodeV3({ u8, u32 }: StructViews): BbrV3 {
  return {
    version: V3_VERSION,
    bandwidthBytesPerSecond: bandwidth(u32, 0) || undefined,
    minRttMs: minRttMs(u32),
    pacingGain: gain(word(u32, 12)),
    cwndGain: gain(word(u32, 16)),
    phase: PHASES[u8[37] ?? 0],
    maxBandwidthBytesPerSecond: bandwidth(u32, 20) || undefined,
    shortTermBandwidthLimitBytesPerSecond: bandwidth(u32, 28),
    shortTermInflightLimitSegments: limit(word(u32, 40)),
    longTermInflightLimitSegments: limit(word(u32, 44)),
    extraAckedSegments: word(u32, 48),
  };
}

/** The low word comes first, on big-endian machines, too. */
function bandwidth(u32: Uint32Array, offset: number): number {
  const low = word(u32, offset);
  const high = word(u32, offset + 4);
  return low === UINT32_MAX && high === UINT32_MAX ? Infinity : high * 0x1_0000_0000 + low;
}

function minRttMs(u32: Uint32Array): number | undefined {
  const microseconds = word(u32, 8);
  return microseconds === UINT32_MAX ? undefined : microseconds / 1000;
}

/** 0 until BBR has set it. */
function gain(units: number): number | undefined {
  return units === 0 ? undefined : units / GAIN_UNIT;
}

function limit(segments: number): number {
  return segments === UINT32_MAX ? Infinity : segments;
}

/** The length has been checked, so there is a word. */
function word(u32: Uint32Array, offset: number): number {
  return u32[offset / 4] as number;
}
