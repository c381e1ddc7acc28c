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
import type { FieldWriters } from "./field-writers";
import type { StructViews } from "./struct-views";

export function fieldsOfDarwin(): FieldWriters<keyof DarwinTcpInfo> {
  return {
    platform: (info) => (info.platform = "darwin"),
    state: (info, { u8 }) => (info.state = readDarwinState(u8, 0)),
    options: (info, { u32 }) => {
      const options = u32[4 / 4];
      info.options = options === undefined ? undefined : optionNames(options);
    },
    sndWscale: (info, views) => (info.sndWscale = isScaled(views) ? views.u8[1] : undefined),
    rcvWscale: (info, views) => (info.rcvWscale = isScaled(views) ? views.u8[2] : undefined),
    rttMs: (info, { u32 }) => (info.rttMs = readRttMs(u32, 0)),
    rttVarMs: (info, { u32 }) => (info.rttVarMs = u32[44 / 4] ? u32[48 / 4] : undefined),
    rtoMs: (info, { u32 }) => (info.rtoMs = u32[12 / 4] || undefined),
    sndMssBytes: (info, { u32 }) => (info.sndMssBytes = u32[16 / 4]),
    sndCwndBytes: (info, { u32 }) => (info.sndCwndBytes = readSndCwndBytes(u32, 0)),
    sndSsthreshBytes: (info, { u32 }) => {
      info.sndSsthreshBytes = u32[20 / 4] === INITIAL_SSTHRESH ? Infinity : u32[20 / 4];
    },
    sndWndBytes: (info, { u32 }) => (info.sndWndBytes = u32[28 / 4]),
    rcvWndBytes: (info, { u32 }) => (info.rcvWndBytes = u32[36 / 4]),
    bytesSent: (info, { u32 }) => (info.bytesSent = u64(u32, 64 / 4)),
    bytesReceived: (info, { u32 }) => (info.bytesReceived = u64(u32, 88 / 4)),
    retransmittedBytes: (info, { u32 }) => (info.retransmittedBytes = u64(u32, 72 / 4)),
    dataSegmentsSent: (info, { u32 }) => (info.dataSegmentsSent = readDataSegmentsSent(u32, 0)),
    dataSegmentsReceived: (info, { u32 }) => (info.dataSegmentsReceived = u64(u32, 80 / 4)),
    retransmittedSegments: (info, { u32 }) => (info.retransmittedSegments = readRetransmittedSegments(u32, 0)),

    flags: (info, { u32 }) => {
      const flags = u32[8 / 4];
      info.flags = flags === undefined ? undefined : flagNames(flags);
    },
    sendBufferBytes: (info, { u32 }) => (info.sendBufferBytes = u32[32 / 4]),
    latestRttMs: (info, { u32 }) => (info.latestRttMs = u32[40 / 4] || undefined),
    outOfOrderBytesReceived: (info, { u32 }) => (info.outOfOrderBytesReceived = u64(u32, 96 / 4)),
    tfoCookieRequested: (info, views) => (info.tfoCookieRequested = tfoBit(views, 0)),
    tfoCookieReceived: (info, views) => (info.tfoCookieReceived = tfoBit(views, 1)),
    tfoSynLoss: (info, views) => (info.tfoSynLoss = tfoBit(views, 2)),
    tfoSynDataSent: (info, views) => (info.tfoSynDataSent = tfoBit(views, 3)),
    tfoSynDataAcked: (info, views) => (info.tfoSynDataAcked = tfoBit(views, 4)),
    tfoSynDataReceived: (info, views) => (info.tfoSynDataReceived = tfoBit(views, 5)),
    tfoCookieRequestReceived: (info, views) => (info.tfoCookieRequestReceived = tfoBit(views, 6)),
    tfoCookieSent: (info, views) => (info.tfoCookieSent = tfoBit(views, 7)),
    tfoCookieInvalid: (info, views) => (info.tfoCookieInvalid = tfoBit(views, 8)),
    tfoCookieWrong: (info, views) => (info.tfoCookieWrong = tfoBit(views, 9)),
    tfoNoCookieReceived: (info, views) => (info.tfoNoCookieReceived = tfoBit(views, 10)),
    tfoHeuristicsDisabled: (info, views) => (info.tfoHeuristicsDisabled = tfoBit(views, 11)),
    tfoSendBlackhole: (info, views) => (info.tfoSendBlackhole = tfoBit(views, 12)),
    tfoRecvBlackhole: (info, views) => (info.tfoRecvBlackhole = tfoBit(views, 13)),
    tfoOnebyteProxy: (info, views) => (info.tfoOnebyteProxy = tfoBit(views, 14)),
  };
}

function isScaled({ u32 }: StructViews): boolean {
  return ((u32[4 / 4] ?? 0) & OPTION_WSCALE) !== 0;
}

function tfoBit({ u32 }: StructViews, bit: number): boolean | undefined {
  const tfo = u32[52 / 4];
  return tfo === undefined ? undefined : (tfo >>> bit) % 2 === 1;
}
