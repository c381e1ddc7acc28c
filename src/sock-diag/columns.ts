// Columns: single numbers of many sockets, read from the rows of a dump without decoding the whole rows. Each loop is
// written out, because a call for each number takes longer.
import { HIGH, LOW, STATE_NAMES } from "../core";
import { INFO_OFFSET, SOCKET_ROW_BYTES } from "./socket-row";

const [ROW_BYTES, ROW_WORDS] = [SOCKET_ROW_BYTES, SOCKET_ROW_BYTES / 4];
const [STATE, HAS_DROPS] = [56, 59];
const [RECEIVE_QUEUE, SEND_QUEUE, INODE, INFO_LENGTH, DROPS] = [64 / 4, 68 / 4, 76 / 4, 80 / 4, 84 / 4];
const [SYN_SENT, LISTEN] = [STATE_NAMES.indexOf("SYN_SENT"), STATE_NAMES.indexOf("LISTEN")];
const TWO_TO_32 = 0x1_0000_0000;

/** Named as in `TcpSocketRow` and its endpoints. */
type RowColumn =
  | "cookie"
  | "state"
  | "localPort"
  | "remotePort"
  | "unreadBytes"
  | "acceptQueueLength"
  | "acceptQueueLimit"
  | "droppedSyns"
  | "inode";

/** Named as in `TcpInfo`. */
type InfoColumn =
  | "rttMs"
  | "minRttMs"
  | "timerBackoffs"
  | "sinceLastDataSentMs"
  | "sinceLastDataReceivedMs"
  | "sndCwndBytes"
  | "retransmittedSegments"
  | "bytesReceived"
  | "notSentBytes"
  | "dataSegmentsSent"
  | "deliveryRateBytesPerSecond"
  | "busyTimeMs"
  | "bytesSent";

export type TcpSocketColumn = RowColumn | InfoColumn;

/** How the bytes of a field become a number. */
type Kind = "byte" | "word" | "sample" | "long" | "longMicroseconds" | "rate" | "segments";

/** With the offset of each field in struct tcp_info, as in src/tcp-info/linux.ts. */
const INFO_COLUMNS: Readonly<Record<InfoColumn, readonly [kind: Kind, offset: number]>> = {
  rttMs: ["sample", 68],
  minRttMs: ["sample", 148],
  timerBackoffs: ["byte", 4],
  sinceLastDataSentMs: ["word", 44],
  sinceLastDataReceivedMs: ["word", 52],
  sndCwndBytes: ["segments", 80],
  retransmittedSegments: ["word", 100],
  bytesReceived: ["long", 128],
  notSentBytes: ["word", 144],
  dataSegmentsSent: ["word", 156],
  deliveryRateBytesPerSecond: ["rate", 160],
  busyTimeMs: ["longMicroseconds", 168],
  bytesSent: ["long", 200],
};

const LONG_KINDS: ReadonlySet<Kind> = new Set(["long", "longMicroseconds", "rate"]);

/** The rows of a dump as words of 8, 16 and 32 bits. */
interface Rows {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
}

/** How many rows are read for one column before the next column has its turn, so that they stay in the cache. */
const BLOCK = 64;

/** One array for each name, with NaN where a socket has no such number. */
export function readColumns<Name extends TcpSocketColumn>(
  buffer: ArrayBuffer,
  names: readonly Name[],
): Record<Name, Float64Array> {
  const count = buffer.byteLength / ROW_BYTES;
  const rows: Rows = { u8: new Uint8Array(buffer), u16: new Uint16Array(buffer), u32: new Uint32Array(buffer) };
  const columns = names.map(() => new Float64Array(count));
  const lengths = new Int32Array(BLOCK);
  for (let from = 0; from < count; from += BLOCK) {
    const to = Math.min(from + BLOCK, count);
    readLengths(lengths, rows, from, to);
    for (let index = 0; index < names.length; index++) {
      const [name, column] = [names[index] as TcpSocketColumn, columns[index] as Float64Array];
      const field: readonly [Kind, number] | undefined = INFO_COLUMNS[name as InfoColumn];
      if (field) fillFromInfo(column, field, lengths, rows, from, to);
      else fillFromRow(column, name as RowColumn, rows, from, to);
    }
  }
  return Object.fromEntries(names.map((name, index) => [name, columns[index]])) as Record<Name, Float64Array>;
}

/** The lengths of TCP_INFO. 0 for the states that `whyNotConnected` refuses. */
function readLengths(lengths: Int32Array, { u8, u32 }: Rows, from: number, to: number): void {
  for (let row = from; row < to; row++) {
    const state = u8[row * ROW_BYTES + STATE];
    const isConnected = state !== LISTEN && state !== SYN_SENT;
    lengths[row - from] = isConnected ? (u32[row * ROW_WORDS + INFO_LENGTH] as number) : 0;
  }
}

function fillFromRow(column: Float64Array, name: RowColumn, { u8, u16, u32 }: Rows, from: number, to: number): void {
  switch (name) {
    case "cookie":
      for (let row = from, at = row * ROW_WORDS + 48 / 4; row < to; row++, at += ROW_WORDS) {
        const cookie = (u32[at + HIGH] as number) * TWO_TO_32 + (u32[at + LOW] as number);
        column[row] = cookie <= Number.MAX_SAFE_INTEGER ? cookie : 0;
      }
      return;
    case "state":
      for (let row = from; row < to; row++) column[row] = u8[row * ROW_BYTES + STATE] as number;
      return;
    case "localPort":
      for (let row = from; row < to; row++) column[row] = u16[row * 2 * ROW_WORDS + 2] as number;
      return;
    case "remotePort":
      for (let row = from; row < to; row++) column[row] = u16[row * 2 * ROW_WORDS + 3] as number;
      return;
    case "inode":
      for (let row = from; row < to; row++) column[row] = u32[row * ROW_WORDS + INODE] || NaN;
      return;
    case "droppedSyns":
      for (let row = from; row < to; row++) {
        const at = row * ROW_BYTES;
        const has = u8[at + STATE] === LISTEN && u8[at + HAS_DROPS] === 1;
        column[row] = has ? (u32[row * ROW_WORDS + DROPS] as number) : NaN;
      }
      return;
    default: {
      const ofListener = name === "acceptQueueLength" || name === "acceptQueueLimit";
      const queue = name === "acceptQueueLength" || name === "unreadBytes" ? RECEIVE_QUEUE : SEND_QUEUE;
      for (let row = from; row < to; row++) {
        const has = (u8[row * ROW_BYTES + STATE] === LISTEN) === ofListener;
        column[row] = has ? (u32[row * ROW_WORDS + queue] as number) : NaN;
      }
    }
  }
}

function fillFromInfo(
  column: Float64Array,
  [kind, offset]: readonly [Kind, number],
  lengths: Int32Array,
  { u8, u32 }: Rows,
  from: number,
  to: number,
): void {
  const end = offset + (LONG_KINDS.has(kind) ? 8 : 4);
  let at = from * ROW_WORDS + (INFO_OFFSET + offset) / 4;
  for (let row = from; row < to; row++, at += ROW_WORDS) {
    if ((lengths[row - from] as number) < end) {
      column[row] = NaN;
      continue;
    }
    const word = u32[at] as number;
    switch (kind) {
      case "word":
        column[row] = word;
        break;
      case "byte":
        column[row] = u8[row * ROW_BYTES + INFO_OFFSET + offset] as number;
        break;
      case "sample":
        column[row] = word === 0 || word === 0xffff_ffff ? NaN : word / 1000;
        break;
      case "segments":
        // The segment size at offset 16. A listener has none.
        column[row] = word * (u32[at + (16 - offset) / 4] || NaN);
        break;
      default: {
        const long = (u32[at + HIGH] as number) * TWO_TO_32 + (u32[at + LOW] as number);
        if (kind === "rate") column[row] = long === 0 ? NaN : long === 2 ** 64 ? Infinity : long;
        else column[row] = kind === "long" ? long : long / 1000;
      }
    }
  }
}
