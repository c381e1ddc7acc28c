// Layout of macOS's struct tcp_connection_info (netinet/tcp.h) → DarwinTcpInfo. Pure: bytes in, values out.
// darwin-types.ts says what each value means; native/socket_info_darwin.cc asserts the offsets against Apple's header.
// The views end where the kernel's struct ended (112 bytes, or 104 on systems without tcpi_txretransmitpackets), so a field
// that it does not have reads as `undefined`.
import { bitNames } from "./bit-names";
import type { DarwinTcpInfo } from "./darwin-types";
import type { StructViews } from "./struct-views";

const STATES = [
  "CLOSED",
  "LISTEN",
  "SYN_SENT",
  "SYN_RECEIVED",
  "ESTABLISHED",
  "CLOSE_WAIT",
  "FIN_WAIT_1",
  "CLOSING",
  "LAST_ACK",
  "FIN_WAIT_2",
  "TIME_WAIT",
] as const;

const optionNames = bitNames(["TIMESTAMPS", "SACK", "WSCALE", "ECN"] as const);
const flagNames = bitNames(["LOSSRECOVERY", "REORDERING_DETECTED"] as const);

const OPTION_WSCALE = 4;
/** TCP_MAXWIN << TCP_MAX_WINSHIFT: what the threshold is until a loss sets it. */
const INITIAL_SSTHRESH = 65_535 << 14;

/** Macs are little-endian, all of them. */
export function decodeDarwin({ u8, u32 }: StructViews): DarwinTcpInfo {
  const options = u32[4 / 4];
  const scaled = options !== undefined && (options & OPTION_WSCALE) !== 0;
  const flags = u32[8 / 4];
  const rttMs = u32[44 / 4] || undefined;
  const ssthresh = u32[20 / 4];
  const tfo = u32[52 / 4];
  const tfoBit = (bit: number) => (tfo === undefined ? undefined : (tfo >>> bit) % 2 === 1);
  return {
    platform: "darwin",
    state: STATES[u8[0] ?? -1],
    options: options === undefined ? undefined : optionNames(options),
    sndWscale: scaled ? u8[1] : undefined,
    rcvWscale: scaled ? u8[2] : undefined,
    rttMs,
    rttVarMs: rttMs === undefined ? undefined : u32[48 / 4],
    rtoMs: u32[12 / 4] || undefined,
    sndMssBytes: u32[16 / 4],
    sndCwndBytes: u32[24 / 4],
    sndSsthreshBytes: ssthresh === INITIAL_SSTHRESH ? Infinity : ssthresh,
    sndWndBytes: u32[28 / 4],
    rcvWndBytes: u32[36 / 4],
    bytesSent: u64(u32, 64 / 4),
    bytesReceived: u64(u32, 88 / 4),
    retransmittedBytes: u64(u32, 72 / 4),
    dataSegmentsSent: u64(u32, 56 / 4),
    dataSegmentsReceived: u64(u32, 80 / 4),
    retransmittedSegments: u64(u32, 104 / 4),

    flags: flags === undefined ? undefined : flagNames(flags),
    sndSbBytes: u32[32 / 4],
    rttCurMs: u32[40 / 4] || undefined,
    rxOutOfOrderBytes: u64(u32, 96 / 4),
    tfoCookieReq: tfoBit(0),
    tfoCookieRcv: tfoBit(1),
    tfoSynLoss: tfoBit(2),
    tfoSynDataSent: tfoBit(3),
    tfoSynDataAcked: tfoBit(4),
    tfoSynDataRcv: tfoBit(5),
    tfoCookieReqRcv: tfoBit(6),
    tfoCookieSent: tfoBit(7),
    tfoCookieInvalid: tfoBit(8),
    tfoCookieWrong: tfoBit(9),
    tfoNoCookieRcv: tfoBit(10),
    tfoHeuristicsDisable: tfoBit(11),
    tfoSendBlackhole: tfoBit(12),
    tfoRecvBlackhole: tfoBit(13),
    tfoOnebyteProxy: tfoBit(14),
  };
}

/** Exact up to 2^53. */
function u64(u32: Uint32Array, index: number): number | undefined {
  const high = u32[index + 1];
  const low = u32[index];
  return high === undefined || low === undefined ? undefined : high * 0x1_0000_0000 + low;
}
