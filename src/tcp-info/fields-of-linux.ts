// The fields of Linux's struct tcp_info, one by one. linux.ts decodes the whole struct, and says how to read an offset.
// The two have the same offsets, because a decoder that calls these functions takes twice as long as one that does
// not. test/tcp-info/single-fields.test.ts checks that both return the same.
import type { FieldWriters } from "./field-writers";
import {
  ACCECN_FAIL_MODE,
  ACCECN_OPT_SEEN,
  DELIVERY_RATE_APP_LIMITED,
  ECN_MODE,
  FASTOPEN_CLIENT_FAIL,
  HIGH,
  LOW,
  OPTION_WSCALE,
  OPTIONS2,
  rate,
  RCV_WSCALE,
  readDataSegmentsSent,
  readLinuxState,
  readMinRttMs,
  readRetransmittedSegments,
  readRttMs,
  readSndCwndBytes,
  SND_WSCALE,
  ssthresh,
  toBytes,
  toMs,
  u64,
} from "./linux";
import {
  ACCECN_OPT_SEEN_NAMES,
  accecnFailNames,
  CA_STATE_NAMES,
  ECN_MODE_NAMES,
  FASTOPEN_CLIENT_FAIL_NAMES,
  optionNames,
} from "./linux-names";
import type { LinuxTcpInfo } from "./linux-types";
import type { StructViews } from "./struct-views";

/** @param withEcnWord - Whether the kernel has the ECN word, as `hasEcnWord` says. */
export function fieldsOfLinux(withEcnWord: boolean): FieldWriters<keyof LinuxTcpInfo> {
  const ecnWord = ({ length, u32 }: StructViews) => (withEcnWord || length > 280 ? u32[276 / 4] : undefined);
  return {
    platform: (info) => (info.platform = "linux"),
    state: (info, { u8 }) => (info.state = readLinuxState(u8, 0)),
    options: (info, { u8 }) => (info.options = u8[5] === undefined ? undefined : optionNames(u8[5])),
    sndWscale: (info, { u8 }) => (info.sndWscale = bits(scales(u8), SND_WSCALE, 15)),
    rcvWscale: (info, { u8 }) => (info.rcvWscale = bits(scales(u8), RCV_WSCALE, 15)),
    rttMs: (info, { u32 }) => (info.rttMs = readRttMs(u32, 0)),
    rttVarMs: (info, { u32 }) => (info.rttVarMs = u32[68 / 4] ? toMs(u32[72 / 4]) : undefined),
    rtoMs: (info, { u32 }) => (info.rtoMs = toMs(u32[8 / 4])),
    sndMssBytes: (info, { u32 }) => (info.sndMssBytes = u32[16 / 4]),
    sndCwndBytes: (info, { u32 }) => (info.sndCwndBytes = readSndCwndBytes(u32, 0)),
    sndSsthreshBytes: (info, { u32 }) => (info.sndSsthreshBytes = toBytes(ssthresh(u32[76 / 4]), u32[16 / 4])),
    sndWndBytes: (info, { u32 }) => (info.sndWndBytes = u32[228 / 4]),
    rcvWndBytes: (info, { u32 }) => (info.rcvWndBytes = u32[232 / 4]),
    bytesSent: (info, { u32 }) => (info.bytesSent = u64(u32[200 / 4 + HIGH], u32[200 / 4 + LOW])),
    bytesReceived: (info, { u32 }) => (info.bytesReceived = u64(u32[128 / 4 + HIGH], u32[128 / 4 + LOW])),
    retransmittedBytes: (info, { u32 }) => (info.retransmittedBytes = u64(u32[208 / 4 + HIGH], u32[208 / 4 + LOW])),
    dataSegmentsSent: (info, { u32 }) => (info.dataSegmentsSent = readDataSegmentsSent(u32, 0)),
    dataSegmentsReceived: (info, { u32 }) => (info.dataSegmentsReceived = u32[152 / 4]),
    retransmittedSegments: (info, { u32 }) => (info.retransmittedSegments = readRetransmittedSegments(u32, 0)),

    isMptcp: (info, _views, isMptcp) => (info.isMptcp = isMptcp),
    caState: (info, { u8 }) => (info.caState = CA_STATE_NAMES[u8[1] ?? -1]),
    consecutiveRtos: (info, { u8 }) => (info.consecutiveRtos = u8[2]),
    unansweredProbes: (info, { u8 }) => (info.unansweredProbes = u8[3]),
    timerBackoffs: (info, { u8 }) => (info.timerBackoffs = u8[4]),
    isDeliveryRateAppLimited: (info, views) => {
      const bit = bits(flagsSince(168, views), DELIVERY_RATE_APP_LIMITED, 1);
      info.isDeliveryRateAppLimited = bit === undefined ? undefined : bit === 1;
    },
    fastopenClientFail: (info, views) => {
      info.fastopenClientFail = FASTOPEN_CLIENT_FAIL_NAMES[bits(flagsSince(232, views), FASTOPEN_CLIENT_FAIL, 3) ?? -1];
    },
    atoMs: (info, { u32 }) => (info.atoMs = toMs(u32[12 / 4] || undefined)),
    rcvMssBytes: (info, { u32 }) => (info.rcvMssBytes = u32[20 / 4]),
    unackedSegments: (info, { u32 }) => (info.unackedSegments = u32[24 / 4]),
    unackedSackedSegments: (info, { u32 }) => (info.unackedSackedSegments = u32[28 / 4]),
    unackedLostSegments: (info, { u32 }) => (info.unackedLostSegments = u32[32 / 4]),
    unackedRetransmittedSegments: (info, { u32 }) => (info.unackedRetransmittedSegments = u32[36 / 4]),
    forwardAckedSegments: (info, { length, u32 }) => {
      info.forwardAckedSegments = length >= 200 ? u32[40 / 4] || undefined : u32[40 / 4];
    },
    sinceLastDataSentMs: (info, { u32 }) => (info.sinceLastDataSentMs = u32[44 / 4]),
    sinceLastAckSentMs: (info, { u32 }) => (info.sinceLastAckSentMs = u32[48 / 4] || undefined),
    sinceLastDataReceivedMs: (info, { u32 }) => (info.sinceLastDataReceivedMs = u32[52 / 4]),
    sinceLastAckReceivedMs: (info, { u32 }) => (info.sinceLastAckReceivedMs = u32[56 / 4]),
    pmtuBytes: (info, { u32 }) => (info.pmtuBytes = u32[60 / 4]),
    rcvSsthreshBytes: (info, { u32 }) => (info.rcvSsthreshBytes = u32[64 / 4]),
    sndSsthreshSegments: (info, { u32 }) => (info.sndSsthreshSegments = ssthresh(u32[76 / 4])),
    sndCwndSegments: (info, { u32 }) => (info.sndCwndSegments = u32[80 / 4]),
    advMssBytes: (info, { u32 }) => (info.advMssBytes = u32[84 / 4]),
    reorderingThresholdSegments: (info, { u32 }) => (info.reorderingThresholdSegments = u32[88 / 4]),
    rcvRttMs: (info, { u32 }) => (info.rcvRttMs = toMs(u32[92 / 4] || undefined)),
    rcvSpaceBytes: (info, { u32 }) => (info.rcvSpaceBytes = u32[96 / 4]),
    pacingRateBytesPerSecond: (info, { u32 }) => {
      info.pacingRateBytesPerSecond = rate(u32[104 / 4 + HIGH], u32[104 / 4 + LOW]);
    },
    maxPacingRateBytesPerSecond: (info, { u32 }) => {
      info.maxPacingRateBytesPerSecond = rate(u32[112 / 4 + HIGH], u32[112 / 4 + LOW]);
    },
    bytesAcked: (info, { u32 }) => (info.bytesAcked = u64(u32[120 / 4 + HIGH], u32[120 / 4 + LOW])),
    segmentsSent: (info, { u32 }) => (info.segmentsSent = u32[136 / 4]),
    segmentsReceived: (info, { u32 }) => (info.segmentsReceived = u32[140 / 4]),
    notSentBytes: (info, { u32 }) => (info.notSentBytes = u32[144 / 4]),
    minRttMs: (info, { u32 }) => (info.minRttMs = readMinRttMs(u32, 0)),
    deliveryRateBytesPerSecond: (info, { u32 }) => {
      info.deliveryRateBytesPerSecond = rate(u32[160 / 4 + HIGH], u32[160 / 4 + LOW]) || undefined;
    },
    busyTimeMs: (info, { u32 }) => (info.busyTimeMs = toMs(u64(u32[168 / 4 + HIGH], u32[168 / 4 + LOW]))),
    rwndLimitedTimeMs: (info, { u32 }) => (info.rwndLimitedTimeMs = toMs(u64(u32[176 / 4 + HIGH], u32[176 / 4 + LOW]))),
    sndbufLimitedTimeMs: (info, { u32 }) => {
      info.sndbufLimitedTimeMs = toMs(u64(u32[184 / 4 + HIGH], u32[184 / 4 + LOW]));
    },
    deliveredSegments: (info, { u32 }) => (info.deliveredSegments = u32[192 / 4]),
    deliveredCeSegments: (info, { u32 }) => (info.deliveredCeSegments = u32[196 / 4]),
    dsackDuplicateSegments: (info, { u32 }) => (info.dsackDuplicateSegments = u32[216 / 4]),
    reorderingEvents: (info, { u32 }) => (info.reorderingEvents = u32[220 / 4]),
    outOfOrderSegmentsReceived: (info, { u32 }) => (info.outOfOrderSegmentsReceived = u32[224 / 4]),
    rehashAttempts: (info, { u32 }) => (info.rehashAttempts = u32[236 / 4]),
    totalRtos: (info, { u16 }) => (info.totalRtos = u16[240 / 2]),
    totalRtoRecoveries: (info, { u16 }) => (info.totalRtoRecoveries = u16[242 / 2]),
    totalRtoTimeMs: (info, { u32 }) => (info.totalRtoTimeMs = u32[244 / 4]),
    receivedCeSegments: (info, { u32 }) => (info.receivedCeSegments = u32[248 / 4]),
    deliveredEct1Bytes: (info, { u32 }) => (info.deliveredEct1Bytes = u32[252 / 4]),
    deliveredEct0Bytes: (info, { u32 }) => (info.deliveredEct0Bytes = u32[256 / 4]),
    deliveredCeBytes: (info, { u32 }) => (info.deliveredCeBytes = u32[260 / 4]),
    receivedEct1Bytes: (info, { u32 }) => (info.receivedEct1Bytes = u32[264 / 4]),
    receivedEct0Bytes: (info, { u32 }) => (info.receivedEct0Bytes = u32[268 / 4]),
    receivedCeBytes: (info, { u32 }) => (info.receivedCeBytes = u32[272 / 4]),
    ecnMode: (info, views) => (info.ecnMode = ECN_MODE_NAMES[bits(ecnWord(views), ECN_MODE, 3) ?? -1]),
    accecnOptSeen: (info, views) => {
      info.accecnOptSeen = ACCECN_OPT_SEEN_NAMES[bits(ecnWord(views), ACCECN_OPT_SEEN, 3) ?? -1];
    },
    accecnFailMode: (info, views) => {
      const mode = bits(ecnWord(views), ACCECN_FAIL_MODE, 15);
      info.accecnFailMode = mode === undefined ? undefined : accecnFailNames(mode);
    },
    options2Bits: (info, views) => (info.options2Bits = bits(ecnWord(views), OPTIONS2, 0xff_ffff)),
  };
}

/** The byte with both window scales. `undefined` without the option. */
function scales(u8: Uint8Array): number | undefined {
  return (u8[5] ?? 0) & OPTION_WSCALE ? u8[6] : undefined;
}

/** Byte 7, which got its bits in kernels with a struct of `endBytes`. Before, it was padding. */
function flagsSince(endBytes: number, { length, u8 }: StructViews): number | undefined {
  return length >= endBytes ? u8[7] : undefined;
}

function bits(word: number | undefined, shift: number, mask: number): number | undefined {
  return word === undefined ? undefined : (word >>> shift) & mask;
}
