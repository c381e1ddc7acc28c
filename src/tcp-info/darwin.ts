// Decodes macOS's struct tcp_connection_info (netinet/tcp.h). Makes no system call. darwin-types.ts and
// portable-types.ts document each value. native/socket_info_darwin.cc asserts the offsets against Apple's header.
//
// `u32[44 / 4]` is the word of four bytes at offset 44. The views end where the kernel's struct ended: after 112
// bytes, or after 104 on systems without tcpi_txretransmitpackets. So a field that the kernel lacks reads as
// `undefined`. `|| undefined` is for fields in which 0 means "no value".
import { bitNames } from "./bit-names";
import type { Columns } from "./columns";
import type { DarwinTcpInfo, TcpConnectionFlag } from "./darwin-types";
import type { StructViews } from "./struct-views";
import type { TcpOption, TcpState } from "./portable-types";

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

export const optionNames: (bits: number) => readonly TcpOption[] = bitNames(["TIMESTAMPS", "SACK", "WSCALE", "ECN"]);
export const flagNames: (bits: number) => readonly TcpConnectionFlag[] = bitNames([
  "LOSSRECOVERY",
  "REORDERING_DETECTED",
]);

export const OPTION_WSCALE: number = 4;
/** TCP_MAXWIN << TCP_MAX_WINSHIFT: the slow-start threshold until a loss sets one. */
export const INITIAL_SSTHRESH: number = 65_535 << 14;

/** Takes words as little-endian, because all Macs are. */
export function decodeDarwin({ u8, u32 }: StructViews): DarwinTcpInfo {
  const options = u32[4 / 4];
  const scaled = options !== undefined && (options & OPTION_WSCALE) !== 0;
  const flags = u32[8 / 4];
  const rttMs = readRttMs(u32, 0);
  const ssthresh = u32[20 / 4];
  const tfo = u32[52 / 4];
  const tfoBit = (bit: number) => (tfo === undefined ? undefined : (tfo >>> bit) % 2 === 1);
  return {
    platform: "darwin",
    state: readDarwinState(u8, 0),
    options: options === undefined ? undefined : optionNames(options),
    sndWscale: scaled ? u8[1] : undefined,
    rcvWscale: scaled ? u8[2] : undefined,
    rttMs,
    rttVarMs: rttMs === undefined ? undefined : u32[48 / 4],
    rtoMs: u32[12 / 4] || undefined,
    sndMssBytes: u32[16 / 4],
    sndCwndBytes: readSndCwndBytes(u32, 0),
    sndSsthreshBytes: ssthresh === INITIAL_SSTHRESH ? Infinity : ssthresh,
    sndWndBytes: u32[28 / 4],
    rcvWndBytes: u32[36 / 4],
    bytesSent: u64(u32, 64 / 4),
    bytesReceived: u64(u32, 88 / 4),
    retransmittedBytes: u64(u32, 72 / 4),
    dataSegmentsSent: readDataSegmentsSent(u32, 0),
    dataSegmentsReceived: u64(u32, 80 / 4),
    retransmittedSegments: readRetransmittedSegments(u32, 0),

    flags: flags === undefined ? undefined : flagNames(flags),
    sendBufferBytes: u32[32 / 4],
    latestRttMs: u32[40 / 4] || undefined,
    outOfOrderBytesReceived: u64(u32, 96 / 4),
    tfoCookieRequested: tfoBit(0),
    tfoCookieReceived: tfoBit(1),
    tfoSynLoss: tfoBit(2),
    tfoSynDataSent: tfoBit(3),
    tfoSynDataAcked: tfoBit(4),
    tfoSynDataReceived: tfoBit(5),
    tfoCookieRequestReceived: tfoBit(6),
    tfoCookieSent: tfoBit(7),
    tfoCookieInvalid: tfoBit(8),
    tfoCookieWrong: tfoBit(9),
    tfoNoCookieReceived: tfoBit(10),
    tfoHeuristicsDisabled: tfoBit(11),
    tfoSendBlackhole: tfoBit(12),
    tfoRecvBlackhole: tfoBit(13),
    tfoOnebyteProxy: tfoBit(14),
  };
}

/** Reads the state from the struct that begins at byte `at`. */
export function readDarwinState(u8: Uint8Array, at: number): TcpState | undefined {
  return STATES[u8[at] ?? -1];
}

export const DARWIN_COLUMNS: Columns = {
  rttMs: { endBytes: 48, read: readRttMs },
  minRttMs: { endBytes: Infinity, read: () => undefined },
  sndCwndBytes: { endBytes: 28, read: readSndCwndBytes },
  dataSegmentsSent: { endBytes: 64, read: readDataSegmentsSent },
  retransmittedSegments: { endBytes: 112, read: readRetransmittedSegments },
};

export function readRttMs(u32: Uint32Array, at: number): number | undefined {
  return u32[at + 44 / 4] || undefined;
}

export function readSndCwndBytes(u32: Uint32Array, at: number): number | undefined {
  return u32[at + 24 / 4];
}

export function readDataSegmentsSent(u32: Uint32Array, at: number): number | undefined {
  return u64(u32, at + 56 / 4);
}

export function readRetransmittedSegments(u32: Uint32Array, at: number): number | undefined {
  return u64(u32, at + 104 / 4);
}

/** The 64-bit number at `index`. Exact up to 2^53. */
export function u64(u32: Uint32Array, index: number): number | undefined {
  const high = u32[index + 1];
  const low = u32[index];
  return high === undefined || low === undefined ? undefined : high * 0x1_0000_0000 + low;
}
