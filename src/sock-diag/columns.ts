// Columns: single numbers of many sockets, read from the rows of a dump without decoding the whole rows.
import { HIGH, LOW, layout, rate, STATE_NAMES, toMs, u64 } from "../core";
import { INFO_OFFSET, SOCKET_ROW_BYTES } from "./socket-row";

const ROW_WORDS = SOCKET_ROW_BYTES / 4;
const [INFO, INFO_LENGTH, STATE, HAS_DROPS] = [INFO_OFFSET / 4, 80 / 4, 56, 59];
const [SYN_SENT, LISTEN] = [STATE_NAMES.indexOf("SYN_SENT"), STATE_NAMES.indexOf("LISTEN")];

/** The rows of a dump as words of 8, 16 and 32 bits. */
interface Rows {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
}

/** Reads a number of the row that begins at word `at`. `undefined` where `TcpSocketRow` has `undefined`. */
type ReadRow = (rows: Rows, at: number) => number | undefined;

const isListener = ({ u8 }: Rows, at: number) => u8[4 * at + STATE] === LISTEN;

/** Named as in `TcpSocketRow` and its endpoints. */
type RowColumn =
  | "cookie"
  | "state"
  | "localPort"
  | "remotePort"
  | "unreadBytes"
  | "unacknowledgedBytes"
  | "acceptQueueLength"
  | "acceptQueueLimit"
  | "droppedSyns"
  | "inode";

const ROW_COLUMNS: Readonly<Record<RowColumn, ReadRow>> = {
  /** Exact up to 2^53, and 0 beyond. The kernel counts cookies from 1 on. */
  cookie: ({ u32 }, at) => {
    const cookie = u64(u32[at + 48 / 4 + HIGH], u32[at + 48 / 4 + LOW]) as number;
    return cookie <= Number.MAX_SAFE_INTEGER ? cookie : 0;
  },
  /** The number of the state: its index in `STATE_NAMES`. */
  state: ({ u8 }, at) => u8[4 * at + STATE],
  localPort: ({ u16 }, at) => u16[2 * at + 2],
  remotePort: ({ u16 }, at) => u16[2 * at + 3],
  unreadBytes: (rows, at) => (isListener(rows, at) ? undefined : rows.u32[at + 64 / 4]),
  unacknowledgedBytes: (rows, at) => (isListener(rows, at) ? undefined : rows.u32[at + 68 / 4]),
  acceptQueueLength: (rows, at) => (isListener(rows, at) ? rows.u32[at + 64 / 4] : undefined),
  acceptQueueLimit: (rows, at) => (isListener(rows, at) ? rows.u32[at + 68 / 4] : undefined),
  droppedSyns: (rows, at) =>
    isListener(rows, at) && rows.u8[4 * at + HAS_DROPS] === 1 ? rows.u32[at + 84 / 4] : undefined,
  inode: ({ u32 }, at) => u32[at + 76 / 4] || undefined,
};

/** Reads a number of the struct tcp_info that begins at word `at`. */
type ReadInfo = (u32: Uint32Array, at: number) => number | undefined;

const word =
  (offset: number): ReadInfo =>
  (u32, at) =>
    u32[at + offset / 4];
const longWord =
  (offset: number): ReadInfo =>
  (u32, at) =>
    u64(u32[at + offset / 4 + HIGH], u32[at + offset / 4 + LOW]);
const microseconds =
  (offset: number): ReadInfo =>
  (u32, at) =>
    toMs(u64(u32[at + offset / 4 + HIGH], u32[at + offset / 4 + LOW]));
const bytesPerSecond =
  (offset: number): ReadInfo =>
  (u32, at) =>
    rate(u32[at + offset / 4 + HIGH], u32[at + offset / 4 + LOW]);

/** Named as in `TcpInfo`. */
type InfoColumn =
  | "rttMs"
  | "minRttMs"
  | "rtoMs"
  | "sndMssBytes"
  | "unackedSegments"
  | "sinceLastDataSentMs"
  | "sinceLastDataReceivedMs"
  | "sndCwndSegments"
  | "sndCwndBytes"
  | "retransmittedSegments"
  | "bytesAcked"
  | "bytesReceived"
  | "segmentsSent"
  | "segmentsReceived"
  | "notSentBytes"
  | "dataSegmentsReceived"
  | "dataSegmentsSent"
  | "deliveryRateBytesPerSecond"
  | "busyTimeMs"
  | "rwndLimitedTimeMs"
  | "sndbufLimitedTimeMs"
  | "bytesSent"
  | "retransmittedBytes"
  | "sndWndBytes";

/** With the offset at which each ends, as in src/tcp-info/linux.ts. */
const INFO_COLUMNS: Readonly<Record<InfoColumn, readonly [endBytes: number, read: ReadInfo]>> = {
  rttMs: [72, layout.columns.rttMs.read],
  minRttMs: [152, layout.columns.minRttMs.read],
  rtoMs: [12, (u32, at) => toMs(u32[at + 8 / 4])],
  sndMssBytes: [20, word(16)],
  unackedSegments: [28, word(24)],
  sinceLastDataSentMs: [48, word(44)],
  sinceLastDataReceivedMs: [56, word(52)],
  sndCwndSegments: [84, word(80)],
  sndCwndBytes: [84, layout.columns.sndCwndBytes.read],
  retransmittedSegments: [104, layout.columns.retransmittedSegments.read],
  bytesAcked: [128, longWord(120)],
  bytesReceived: [136, longWord(128)],
  segmentsSent: [140, word(136)],
  segmentsReceived: [144, word(140)],
  notSentBytes: [148, word(144)],
  dataSegmentsReceived: [156, word(152)],
  dataSegmentsSent: [160, layout.columns.dataSegmentsSent.read],
  deliveryRateBytesPerSecond: [168, (u32, at) => bytesPerSecond(160)(u32, at) || undefined],
  busyTimeMs: [176, microseconds(168)],
  rwndLimitedTimeMs: [184, microseconds(176)],
  sndbufLimitedTimeMs: [192, microseconds(184)],
  bytesSent: [208, longWord(200)],
  retransmittedBytes: [216, longWord(208)],
  sndWndBytes: [232, word(228)],
};

export type TcpSocketColumn = RowColumn | InfoColumn;

/** How many rows are read for one column before the next column has its turn, so that they stay in the cache. */
const BLOCK = 64;

/** One array for each name, with NaN where a socket has no such number. */
export function readColumns<Name extends TcpSocketColumn>(
  buffer: ArrayBuffer,
  names: readonly Name[],
): Record<Name, Float64Array> {
  const count = buffer.byteLength / SOCKET_ROW_BYTES;
  const rows: Rows = { u8: new Uint8Array(buffer), u16: new Uint16Array(buffer), u32: new Uint32Array(buffer) };
  const columns = names.map(() => new Float64Array(count));
  for (let from = 0; from < count; from += BLOCK) {
    const to = Math.min(from + BLOCK, count);
    for (const [index, name] of names.entries()) fill(columns[index] as Float64Array, name, rows, from, to);
  }
  return Object.fromEntries(names.map((name, index) => [name, columns[index]])) as Record<Name, Float64Array>;
}

function fill(column: Float64Array, name: TcpSocketColumn, rows: Rows, from: number, to: number): void {
  const readRow: ReadRow | undefined = ROW_COLUMNS[name as RowColumn];
  if (readRow) {
    for (let index = from; index < to; index++) column[index] = readRow(rows, index * ROW_WORDS) ?? NaN;
    return;
  }
  const [endBytes, readInfo] = INFO_COLUMNS[name as InfoColumn];
  for (let index = from; index < to; index++) {
    const at = index * ROW_WORDS;
    const has = (rows.u32[at + INFO_LENGTH] as number) >= endBytes && isConnected(rows.u8[4 * at + STATE]);
    column[index] = has ? (readInfo(rows.u32, at + INFO) ?? NaN) : NaN;
  }
}

/** As `whyNotConnected`, which says why the other states have no `tcpInfo`. */
function isConnected(state: number | undefined): boolean {
  return state !== LISTEN && state !== SYN_SENT;
}
