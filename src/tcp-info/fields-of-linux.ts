// The fields of Linux's struct tcp_info, one by one. linux.ts decodes the whole struct, and says how to read an offset.
// The two have the same offsets, because a decoder that calls a function for each field takes twice as long.
// test/tcp-info/single-fields.test.ts checks that both return the same.
import type { FieldList, UnfinishedFields } from "./fields";
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
import { keepFilled, readLinuxFill } from "./linux-fill";
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

/** The names of the fields. The place of each is its case below. */
// prettier-ignore
export const LINUX_FIELDS: readonly (keyof LinuxTcpInfo)[] = [
  "platform", "state", "options", "sndWscale", "rcvWscale", "rttMs", "rttVarMs", "rtoMs", "sndMssBytes",
  "sndCwndBytes", "sndSsthreshBytes", "sndWndBytes", "rcvWndBytes", "bytesSent", "bytesReceived",
  "retransmittedBytes", "dataSegmentsSent", "dataSegmentsReceived", "retransmittedSegments",
  "isMptcp", "caState", "consecutiveRtos", "unansweredProbes", "timerBackoffs",
  "isDeliveryRateAppLimited", "fastopenClientFail", "atoMs", "rcvMssBytes", "unackedSegments",
  "unackedSackedSegments", "unackedLostSegments", "unackedRetransmittedSegments",
  "forwardAckedSegments", "sinceLastDataSentMs", "sinceLastAckSentMs", "sinceLastDataReceivedMs",
  "sinceLastAckReceivedMs", "pmtuBytes", "rcvSsthreshBytes", "sndSsthreshSegments", "sndCwndSegments",
  "advMssBytes", "reorderingThresholdSegments", "rcvRttMs", "rcvSpaceBytes",
  "pacingRateBytesPerSecond", "maxPacingRateBytesPerSecond", "bytesAcked", "segmentsSent",
  "segmentsReceived", "notSentBytes", "minRttMs", "deliveryRateBytesPerSecond", "busyTimeMs",
  "rwndLimitedTimeMs", "sndbufLimitedTimeMs", "deliveredSegments", "deliveredCeSegments",
  "dsackDuplicateSegments", "reorderingEvents", "outOfOrderSegmentsReceived", "rehashAttempts",
  "totalRtos", "totalRtoRecoveries", "totalRtoTimeMs", "receivedCeSegments", "deliveredEct1Bytes",
  "deliveredEct0Bytes", "deliveredCeBytes", "receivedEct1Bytes", "receivedEct0Bytes",
  "receivedCeBytes", "ecnMode", "accecnOptSeen", "accecnFailMode", "options2Bits",
];

/**
 * Returns an object with these properties, in their order. Each case is the place of a name in `LINUX_FIELDS`.
 *
 * Each name is in the source, because V8 needs three times as long to set a property whose name is in a variable. They
 * are in one function, because a call for each property takes twice as long.
 *
 * @param withEcnWord - Whether the kernel has the ECN word, as `hasEcnWord` says.
 * @param isMptcp - Passed on to the result. The struct does not have it.
 */
export function decodeLinuxFields(
  views: StructViews,
  { names, places }: FieldList,
  withEcnWord: boolean,
  isMptcp: boolean | undefined,
): UnfinishedFields {
  const info: UnfinishedFields = {};
  const { length, u8, u16, u32 } = views;
  for (let index = 0; index < places.length; index++) {
    // prettier-ignore
    switch (places[index]) {
      case 0: info.platform = "linux"; break;
      case 1: info.state = readLinuxState(u8, 0); break;
      case 2: info.options = u8[5] === undefined ? undefined : optionNames(u8[5]); break;
      case 3: info.sndWscale = bits(scales(u8), SND_WSCALE, 15); break;
      case 4: info.rcvWscale = bits(scales(u8), RCV_WSCALE, 15); break;
      case 5: info.rttMs = readRttMs(u32, 0); break;
      case 6: info.rttVarMs = u32[68 / 4] ? toMs(u32[72 / 4]) : undefined; break;
      case 7: info.rtoMs = toMs(u32[8 / 4]); break;
      case 8: info.sndMssBytes = u32[16 / 4]; break;
      case 9: info.sndCwndBytes = readSndCwndBytes(u32, 0); break;
      case 10: info.sndSsthreshBytes = toBytes(ssthresh(u32[76 / 4]), u32[16 / 4]); break;
      case 11: info.sndWndBytes = u32[228 / 4]; break;
      case 12: info.rcvWndBytes = u32[232 / 4]; break;
      case 13: info.bytesSent = u64(u32[200 / 4 + HIGH], u32[200 / 4 + LOW]); break;
      case 14: info.bytesReceived = u64(u32[128 / 4 + HIGH], u32[128 / 4 + LOW]); break;
      case 15: info.retransmittedBytes = u64(u32[208 / 4 + HIGH], u32[208 / 4 + LOW]); break;
      case 16: info.dataSegmentsSent = readDataSegmentsSent(u32, 0); break;
      case 17: info.dataSegmentsReceived = u32[152 / 4]; break;
      case 18: info.retransmittedSegments = readRetransmittedSegments(u32, 0); break;
      case 19: info.isMptcp = isMptcp; break;
      case 20: info.caState = CA_STATE_NAMES[u8[1] ?? -1]; break;
      case 21: info.consecutiveRtos = u8[2]; break;
      case 22: info.unansweredProbes = u8[3]; break;
      case 23: info.timerBackoffs = u8[4]; break;
      case 24: info.isDeliveryRateAppLimited = isSet(flagsSince(168, views), DELIVERY_RATE_APP_LIMITED); break;
      case 25: info.fastopenClientFail =
        FASTOPEN_CLIENT_FAIL_NAMES[bits(flagsSince(232, views), FASTOPEN_CLIENT_FAIL, 3) ?? -1]; break;
      case 26: info.atoMs = toMs(u32[12 / 4] || undefined); break;
      case 27: info.rcvMssBytes = u32[20 / 4]; break;
      case 28: info.unackedSegments = u32[24 / 4]; break;
      case 29: info.unackedSackedSegments = u32[28 / 4]; break;
      case 30: info.unackedLostSegments = u32[32 / 4]; break;
      case 31: info.unackedRetransmittedSegments = u32[36 / 4]; break;
      case 32: info.forwardAckedSegments = length >= 200 ? u32[40 / 4] || undefined : u32[40 / 4]; break;
      case 33: info.sinceLastDataSentMs = u32[44 / 4]; break;
      case 34: info.sinceLastAckSentMs = u32[48 / 4] || undefined; break;
      case 35: info.sinceLastDataReceivedMs = u32[52 / 4]; break;
      case 36: info.sinceLastAckReceivedMs = u32[56 / 4]; break;
      case 37: info.pmtuBytes = u32[60 / 4]; break;
      case 38: info.rcvSsthreshBytes = u32[64 / 4]; break;
      case 39: info.sndSsthreshSegments = ssthresh(u32[76 / 4]); break;
      case 40: info.sndCwndSegments = u32[80 / 4]; break;
      case 41: info.advMssBytes = u32[84 / 4]; break;
      case 42: info.reorderingThresholdSegments = u32[88 / 4]; break;
      case 43: info.rcvRttMs = toMs(u32[92 / 4] || undefined); break;
      case 44: info.rcvSpaceBytes = u32[96 / 4]; break;
      case 45: info.pacingRateBytesPerSecond = rate(u32[104 / 4 + HIGH], u32[104 / 4 + LOW]); break;
      case 46: info.maxPacingRateBytesPerSecond = rate(u32[112 / 4 + HIGH], u32[112 / 4 + LOW]); break;
      case 47: info.bytesAcked = u64(u32[120 / 4 + HIGH], u32[120 / 4 + LOW]); break;
      case 48: info.segmentsSent = u32[136 / 4]; break;
      case 49: info.segmentsReceived = u32[140 / 4]; break;
      case 50: info.notSentBytes = u32[144 / 4]; break;
      case 51: info.minRttMs = readMinRttMs(u32, 0); break;
      case 52: info.deliveryRateBytesPerSecond = rate(u32[160 / 4 + HIGH], u32[160 / 4 + LOW]) || undefined; break;
      case 53: info.busyTimeMs = toMs(u64(u32[168 / 4 + HIGH], u32[168 / 4 + LOW])); break;
      case 54: info.rwndLimitedTimeMs = toMs(u64(u32[176 / 4 + HIGH], u32[176 / 4 + LOW])); break;
      case 55: info.sndbufLimitedTimeMs = toMs(u64(u32[184 / 4 + HIGH], u32[184 / 4 + LOW])); break;
      case 56: info.deliveredSegments = u32[192 / 4]; break;
      case 57: info.deliveredCeSegments = u32[196 / 4]; break;
      case 58: info.dsackDuplicateSegments = u32[216 / 4]; break;
      case 59: info.reorderingEvents = u32[220 / 4]; break;
      case 60: info.outOfOrderSegmentsReceived = u32[224 / 4]; break;
      case 61: info.rehashAttempts = u32[236 / 4]; break;
      case 62: info.totalRtos = u16[240 / 2]; break;
      case 63: info.totalRtoRecoveries = u16[242 / 2]; break;
      case 64: info.totalRtoTimeMs = u32[244 / 4]; break;
      case 65: info.receivedCeSegments = u32[248 / 4]; break;
      case 66: info.deliveredEct1Bytes = u32[252 / 4]; break;
      case 67: info.deliveredEct0Bytes = u32[256 / 4]; break;
      case 68: info.deliveredCeBytes = u32[260 / 4]; break;
      case 69: info.receivedEct1Bytes = u32[264 / 4]; break;
      case 70: info.receivedEct0Bytes = u32[268 / 4]; break;
      case 71: info.receivedCeBytes = u32[272 / 4]; break;
      case 72: info.ecnMode = ECN_MODE_NAMES[bits(ecnWord(views, withEcnWord), ECN_MODE, 3) ?? -1]; break;
      case 73:
        info.accecnOptSeen = ACCECN_OPT_SEEN_NAMES[bits(ecnWord(views, withEcnWord), ACCECN_OPT_SEEN, 3) ?? -1];
        break;
      case 74: info.accecnFailMode = failNames(bits(ecnWord(views, withEcnWord), ACCECN_FAIL_MODE, 15)); break;
      case 75: info.options2Bits = bits(ecnWord(views, withEcnWord), OPTIONS2, 0xff_ffff); break;
      default: (info as Record<string, unknown>)[names[index] as string] = undefined;
    }
  }
  return keepFilled(info, readLinuxFill(u8, u32, 0, length));
}

/** Only kernels that have the ECN word can return a longer struct. */
function ecnWord({ length, u32 }: StructViews, withEcnWord: boolean): number | undefined {
  return withEcnWord || length > 280 ? u32[276 / 4] : undefined;
}

function failNames(mode: number | undefined): LinuxTcpInfo["accecnFailMode"] {
  return mode === undefined ? undefined : accecnFailNames(mode);
}

function isSet(word: number | undefined, bit: number): boolean | undefined {
  return word === undefined ? undefined : ((word >>> bit) & 1) === 1;
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
