// The fields of macOS's struct tcp_connection_info, one by one. darwin.ts decodes the whole struct. The two have the
// same offsets; test/tcp-info/single-fields.test.ts checks that both return the same.
import {
  flagNames,
  INITIAL_SSTHRESH,
  OPTION_WSCALE,
  optionNames,
  readDarwinState,
  readDataSegmentsSent,
  readRetransmittedSegments,
  readRttMs,
  readSndCwndBytes,
  u64,
} from "./darwin";
import type { DarwinTcpInfo } from "./darwin-types";
import type { FieldList, UnfinishedFields } from "./fields";
import type { StructViews } from "./struct-views";

/** The names of the fields. The place of each is its case below. */
// prettier-ignore
export const DARWIN_FIELDS: readonly (keyof DarwinTcpInfo)[] = [
  "platform", "state", "options", "sndWscale", "rcvWscale", "rttMs", "rttVarMs", "rtoMs", "sndMssBytes",
  "sndCwndBytes", "sndSsthreshBytes", "sndWndBytes", "rcvWndBytes", "bytesSent", "bytesReceived",
  "retransmittedBytes", "dataSegmentsSent", "dataSegmentsReceived", "retransmittedSegments", "flags",
  "sendBufferBytes", "latestRttMs", "outOfOrderBytesReceived", "tfoCookieRequested",
  "tfoCookieReceived", "tfoSynLoss", "tfoSynDataSent", "tfoSynDataAcked", "tfoSynDataReceived",
  "tfoCookieRequestReceived", "tfoCookieSent", "tfoCookieInvalid", "tfoCookieWrong",
  "tfoNoCookieReceived", "tfoHeuristicsDisabled", "tfoSendBlackhole", "tfoRecvBlackhole",
  "tfoOnebyteProxy",
];

/**
 * Returns an object with these properties, in their order. Each case is the place of a name in `DARWIN_FIELDS`.
 * fields-of-linux.ts says why it is written this way.
 */
export function decodeDarwinFields(views: StructViews, { names, places }: FieldList): UnfinishedFields {
  const info: UnfinishedFields = {};
  const { u8, u32 } = views;
  for (let index = 0; index < places.length; index++) {
    // prettier-ignore
    switch (places[index]) {
      case 0: info.platform = "darwin"; break;
      case 1: info.state = readDarwinState(u8, 0); break;
      case 2: info.options = namesOf(optionNames, u32[4 / 4]); break;
      case 3: info.sndWscale = isScaled(views) ? u8[1] : undefined; break;
      case 4: info.rcvWscale = isScaled(views) ? u8[2] : undefined; break;
      case 5: info.rttMs = readRttMs(u32, 0); break;
      case 6: info.rttVarMs = u32[44 / 4] ? u32[48 / 4] : undefined; break;
      case 7: info.rtoMs = u32[12 / 4] || undefined; break;
      case 8: info.sndMssBytes = u32[16 / 4]; break;
      case 9: info.sndCwndBytes = readSndCwndBytes(u32, 0); break;
      case 10: info.sndSsthreshBytes = u32[20 / 4] === INITIAL_SSTHRESH ? Infinity : u32[20 / 4]; break;
      case 11: info.sndWndBytes = u32[28 / 4]; break;
      case 12: info.rcvWndBytes = u32[36 / 4]; break;
      case 13: info.bytesSent = u64(u32, 64 / 4); break;
      case 14: info.bytesReceived = u64(u32, 88 / 4); break;
      case 15: info.retransmittedBytes = u64(u32, 72 / 4); break;
      case 16: info.dataSegmentsSent = readDataSegmentsSent(u32, 0); break;
      case 17: info.dataSegmentsReceived = u64(u32, 80 / 4); break;
      case 18: info.retransmittedSegments = readRetransmittedSegments(u32, 0); break;
      case 19: info.flags = namesOf(flagNames, u32[8 / 4]); break;
      case 20: info.sendBufferBytes = u32[32 / 4]; break;
      case 21: info.latestRttMs = u32[40 / 4] || undefined; break;
      case 22: info.outOfOrderBytesReceived = u64(u32, 96 / 4); break;
      case 23: info.tfoCookieRequested = tfoBit(views, 0); break;
      case 24: info.tfoCookieReceived = tfoBit(views, 1); break;
      case 25: info.tfoSynLoss = tfoBit(views, 2); break;
      case 26: info.tfoSynDataSent = tfoBit(views, 3); break;
      case 27: info.tfoSynDataAcked = tfoBit(views, 4); break;
      case 28: info.tfoSynDataReceived = tfoBit(views, 5); break;
      case 29: info.tfoCookieRequestReceived = tfoBit(views, 6); break;
      case 30: info.tfoCookieSent = tfoBit(views, 7); break;
      case 31: info.tfoCookieInvalid = tfoBit(views, 8); break;
      case 32: info.tfoCookieWrong = tfoBit(views, 9); break;
      case 33: info.tfoNoCookieReceived = tfoBit(views, 10); break;
      case 34: info.tfoHeuristicsDisabled = tfoBit(views, 11); break;
      case 35: info.tfoSendBlackhole = tfoBit(views, 12); break;
      case 36: info.tfoRecvBlackhole = tfoBit(views, 13); break;
      case 37: info.tfoOnebyteProxy = tfoBit(views, 14); break;
      default: (info as Record<string, unknown>)[names[index] as string] = undefined;
    }
  }
  return info;
}

function namesOf<Name>(
  toNames: (bits: number) => readonly Name[],
  bits: number | undefined,
): readonly Name[] | undefined {
  return bits === undefined ? undefined : toNames(bits);
}

function isScaled({ u32 }: StructViews): boolean {
  return ((u32[4 / 4] ?? 0) & OPTION_WSCALE) !== 0;
}

function tfoBit({ u32 }: StructViews, bit: number): boolean | undefined {
  const tfo = u32[52 / 4];
  return tfo === undefined ? undefined : (tfo >>> bit) % 2 === 1;
}
