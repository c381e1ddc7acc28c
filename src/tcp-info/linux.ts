// Decodes Linux's struct tcp_info (include/uapi/linux/tcp.h). Makes no system call. linux-types.ts and
// portable-types.ts document each value.
//
// `u32[228 / 4]` is the word of four bytes at offset 228. The views end where the kernel's struct ended, so a field
// that the kernel lacks reads as `undefined`, without a check. `|| undefined` is for fields in which 0 means "no
// value". Kernels have returned these lengths: 104 (2.6), 120 (3.15), 136 (4.1), 144 (4.2), 160 (4.6), 168 (4.9),
// 192 (4.10), 200 (4.18), 224 (4.19), 232 (5.4), 240 (6.2), 248 (6.7), 280 (6.18).
import type { Columns } from "./columns";
import { keepFilled, readLinuxFill } from "./linux-fill";
import {
  ACCECN_OPT_SEEN_NAMES,
  accecnFailNames,
  CA_STATE_NAMES,
  ECN_MODE_NAMES,
  FASTOPEN_CLIENT_FAIL_NAMES,
  optionNames,
  STATE_NAMES,
} from "./linux-names";
import type { LinuxTcpInfo } from "./linux-types";
import type { TcpState } from "./portable-types";
import { LITTLE_ENDIAN, type StructViews } from "./struct-views";

// Which word of a 64-bit field is the high one, and how far each bit-field is shifted. Compilers place bit-fields from
// the low bit on in little-endian words, and from the high bit on in big-endian words.
export const HIGH: number = LITTLE_ENDIAN ? 1 : 0;
export const LOW: number = 1 - HIGH;
const shift = (word: 8 | 32, first: number, width: number) => (LITTLE_ENDIAN ? first : word - first - width);
export const SND_WSCALE: number = shift(8, 0, 4);
export const RCV_WSCALE: number = shift(8, 4, 4);
export const DELIVERY_RATE_APP_LIMITED: number = shift(8, 0, 1);
export const FASTOPEN_CLIENT_FAIL: number = shift(8, 1, 2);
export const ECN_MODE: number = shift(32, 0, 2);
export const ACCECN_OPT_SEEN: number = shift(32, 2, 2);
export const ACCECN_FAIL_MODE: number = shift(32, 4, 4);
export const OPTIONS2: number = shift(32, 8, 24);

export const OPTION_WSCALE: number = 4;
const INFINITE_SSTHRESH = 0x7fff_ffff;
const UINT32_MAX = 0xffff_ffff;

/**
 * @param views - The struct, in this machine's byte order.
 * @param withEcnWord - Whether the kernel has the ECN word, as `hasEcnWord` says.
 * @param isMptcp - Passed on to the result. The struct does not have it.
 */
export function decodeLinux(views: StructViews, withEcnWord: boolean, isMptcp?: boolean): LinuxTcpInfo {
  const info = decodeFields(views, withEcnWord, isMptcp);
  return keepFilled(info, readLinuxFill(views.u8, views.u32, 0, views.length));
}

function decodeFields(
  { length, u8, u16, u32 }: StructViews,
  withEcnWord: boolean,
  isMptcp: boolean | undefined,
): LinuxTcpInfo {
  const options = u8[5];
  const scales = options !== undefined && options & OPTION_WSCALE ? u8[6] : undefined;
  // Before Linux 4.9 this byte was padding.
  const flags = length >= 168 ? u8[7] : undefined;
  const sndMssBytes = u32[16 / 4];
  const rttMs = readRttMs(u32, 0);
  const sndSsthreshSegments = ssthresh(u32[76 / 4]);
  // Only kernels that have the ECN word can return a longer struct.
  const ecn = withEcnWord || length > 280 ? u32[276 / 4] : undefined;
  return {
    platform: "linux",
    state: readLinuxState(u8, 0),
    options: options === undefined ? undefined : optionNames(options),
    sndWscale: scales === undefined ? undefined : (scales >> SND_WSCALE) & 15,
    rcvWscale: scales === undefined ? undefined : (scales >> RCV_WSCALE) & 15,
    rttMs,
    rttVarMs: rttMs === undefined ? undefined : toMs(u32[72 / 4]),
    rtoMs: toMs(u32[8 / 4]),
    sndMssBytes,
    sndCwndBytes: readSndCwndBytes(u32, 0),
    sndSsthreshBytes: toBytes(sndSsthreshSegments, sndMssBytes),
    sndWndBytes: u32[228 / 4],
    rcvWndBytes: u32[232 / 4],
    bytesSent: u64(u32[200 / 4 + HIGH], u32[200 / 4 + LOW]),
    bytesReceived: u64(u32[128 / 4 + HIGH], u32[128 / 4 + LOW]),
    retransmittedBytes: u64(u32[208 / 4 + HIGH], u32[208 / 4 + LOW]),
    dataSegmentsSent: readDataSegmentsSent(u32, 0),
    dataSegmentsReceived: u32[152 / 4],
    retransmittedSegments: readRetransmittedSegments(u32, 0),

    isMptcp,
    caState: CA_STATE_NAMES[u8[1] ?? -1],
    consecutiveRtos: u8[2],
    unansweredProbes: u8[3],
    timerBackoffs: u8[4],
    isDeliveryRateAppLimited: flags === undefined ? undefined : ((flags >> DELIVERY_RATE_APP_LIMITED) & 1) === 1,
    fastopenClientFail:
      flags === undefined || length < 232 ? undefined : FASTOPEN_CLIENT_FAIL_NAMES[(flags >> FASTOPEN_CLIENT_FAIL) & 3],
    atoMs: toMs(u32[12 / 4] || undefined),
    rcvMssBytes: u32[20 / 4],
    unackedSegments: u32[24 / 4],
    unackedSackedSegments: u32[28 / 4],
    unackedLostSegments: u32[32 / 4],
    unackedRetransmittedSegments: u32[36 / 4],
    // Since Linux 4.18 the kernel leaves this field 0.
    forwardAckedSegments: length >= 200 ? u32[40 / 4] || undefined : u32[40 / 4],
    sinceLastDataSentMs: u32[44 / 4],
    sinceLastAckSentMs: u32[48 / 4] || undefined,
    sinceLastDataReceivedMs: u32[52 / 4],
    sinceLastAckReceivedMs: u32[56 / 4],
    pmtuBytes: u32[60 / 4],
    rcvSsthreshBytes: u32[64 / 4],
    sndSsthreshSegments,
    sndCwndSegments: u32[80 / 4],
    advMssBytes: u32[84 / 4],
    reorderingThresholdSegments: u32[88 / 4],
    rcvRttMs: toMs(u32[92 / 4] || undefined),
    rcvSpaceBytes: u32[96 / 4],
    pacingRateBytesPerSecond: rate(u32[104 / 4 + HIGH], u32[104 / 4 + LOW]),
    maxPacingRateBytesPerSecond: rate(u32[112 / 4 + HIGH], u32[112 / 4 + LOW]),
    bytesAcked: u64(u32[120 / 4 + HIGH], u32[120 / 4 + LOW]),
    segmentsSent: u32[136 / 4],
    segmentsReceived: u32[140 / 4],
    notSentBytes: u32[144 / 4],
    minRttMs: readMinRttMs(u32, 0),
    deliveryRateBytesPerSecond: rate(u32[160 / 4 + HIGH], u32[160 / 4 + LOW]) || undefined,
    busyTimeMs: toMs(u64(u32[168 / 4 + HIGH], u32[168 / 4 + LOW])),
    rwndLimitedTimeMs: toMs(u64(u32[176 / 4 + HIGH], u32[176 / 4 + LOW])),
    sndbufLimitedTimeMs: toMs(u64(u32[184 / 4 + HIGH], u32[184 / 4 + LOW])),
    deliveredSegments: u32[192 / 4],
    deliveredCeSegments: u32[196 / 4],
    dsackDuplicateSegments: u32[216 / 4],
    reorderingEvents: u32[220 / 4],
    outOfOrderSegmentsReceived: u32[224 / 4],
    rehashAttempts: u32[236 / 4],
    totalRtos: u16[240 / 2],
    totalRtoRecoveries: u16[242 / 2],
    totalRtoTimeMs: u32[244 / 4],
    receivedCeSegments: u32[248 / 4],
    deliveredEct1Bytes: u32[252 / 4],
    deliveredEct0Bytes: u32[256 / 4],
    deliveredCeBytes: u32[260 / 4],
    receivedEct1Bytes: u32[264 / 4],
    receivedEct0Bytes: u32[268 / 4],
    receivedCeBytes: u32[272 / 4],
    ecnMode: ecn === undefined ? undefined : ECN_MODE_NAMES[(ecn >>> ECN_MODE) & 3],
    accecnOptSeen: ecn === undefined ? undefined : ACCECN_OPT_SEEN_NAMES[(ecn >>> ACCECN_OPT_SEEN) & 3],
    accecnFailMode: ecn === undefined ? undefined : accecnFailNames((ecn >>> ACCECN_FAIL_MODE) & 15),
    options2Bits: ecn === undefined ? undefined : (ecn >>> OPTIONS2) & 0xff_ffff,
  };
}

/** Whether this release of Linux has the ECN word at byte 276. Linux 7.0 added it without a change of the length. */
export function hasEcnWord(kernelRelease: string): boolean {
  return Number.parseInt(kernelRelease, 10) >= 7;
}

/** Reads the state from the struct that begins at byte `at`. */
export function readLinuxState(u8: Uint8Array, at: number): TcpState | undefined {
  return STATE_NAMES[u8[at] ?? 0];
}

export const LINUX_COLUMNS: Columns = {
  rttMs: { endBytes: 72, read: readRttMs },
  minRttMs: { endBytes: 152, read: readMinRttMs },
  sndCwndBytes: { endBytes: 84, read: readSndCwndBytes },
  dataSegmentsSent: { endBytes: 160, read: readDataSegmentsSent },
  retransmittedSegments: { endBytes: 104, read: readRetransmittedSegments },
};

export function readRttMs(u32: Uint32Array, at: number): number | undefined {
  return toMs(u32[at + 68 / 4] || undefined);
}

export function readMinRttMs(u32: Uint32Array, at: number): number | undefined {
  const minRtt = u32[at + 148 / 4];
  return minRtt === UINT32_MAX ? undefined : toMs(minRtt || undefined);
}

export function readSndCwndBytes(u32: Uint32Array, at: number): number | undefined {
  return toBytes(u32[at + 80 / 4], u32[at + 16 / 4]);
}

export function readDataSegmentsSent(u32: Uint32Array, at: number): number | undefined {
  return u32[at + 156 / 4];
}

export function readRetransmittedSegments(u32: Uint32Array, at: number): number | undefined {
  return u32[at + 100 / 4];
}

export function toMs(microseconds: number | undefined): number | undefined {
  return microseconds === undefined ? undefined : microseconds / 1000;
}

export function ssthresh(segments: number | undefined): number | undefined {
  return segments === INFINITE_SSTHRESH ? Infinity : segments;
}

/** `undefined` for a listener, which has no segment size. */
export function toBytes(segments: number | undefined, mssBytes: number | undefined): number | undefined {
  return segments !== undefined && mssBytes ? segments * mssBytes : undefined;
}

/** Exact up to 2^53. Most counters never need the high word, and the first line saves their floating-point numbers. */
export function u64(high: number | undefined, low: number | undefined): number | undefined {
  if (high === 0) return low;
  return high === undefined || low === undefined ? undefined : high * 0x1_0000_0000 + low;
}

/** The kernel reports "no limit" as all ones, which is 2^64 as a double. */
export function rate(high: number | undefined, low: number | undefined): number | undefined {
  if (high === undefined || low === undefined) return undefined;
  const bytesPerSecond = high * 0x1_0000_0000 + low;
  return bytesPerSecond === 2 ** 64 ? Infinity : bytesPerSecond;
}
