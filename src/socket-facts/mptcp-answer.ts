// Decodes what the native function mptcpInfoInto writes: native/mptcp_info.h has the layout. Makes no system call.
import type { LinuxTcpInfo } from "../tcp-info/linux-types";
import { LITTLE_ENDIAN, type StructViews, structViews } from "../tcp-info/struct-views";
import { layout } from "../tcp-info/this-system";
import type { MptcpInfo, MptcpSubflow } from "./mptcp-types";
import { decodeSocketAddress } from "./socket-address";

const INFO = 16;
const ARRAYS = INFO + 256;
const HEAD_BYTES = 16;
const ADDRESSES_BYTES = 256;
const ADDRESS_BYTES = 128;
const TCP_INFO_BYTES = 512;

const FLAG_FALLBACK = 1;
const FLAG_REMOTE_KEY = 2;
// Which word of a 64-bit field is the high one.
const HIGH = LITTLE_ENDIAN ? 1 : 0;
const LOW = 1 - HIGH;

/** The memory that the native function fills, and the same memory as words of four bytes. */
export interface MptcpAnswer {
  /** For how many subflows it has space. */
  readonly room: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly words: Uint32Array<ArrayBuffer>;
  /** Views of the TCP_INFO of each subflow that was read so far. Kept, because their length stays the same. */
  readonly tcpInfoViews: StructViews[];
}

export function makeAnswer(room: number): MptcpAnswer {
  const bytes = new Uint8Array(ARRAYS + 3 * HEAD_BYTES + room * (2 * ADDRESSES_BYTES + TCP_INFO_BYTES));
  return { room, bytes, words: new Uint32Array(bytes.buffer), tcpInfoViews: [] };
}

/** Whether the connection has fallen back to TCP: `MPTCP_INFO_FLAG_FALLBACK`. */
export function saysFallback({ words }: MptcpAnswer): boolean {
  return ((words[(INFO + 8) / 4] as number) & FLAG_FALLBACK) !== 0;
}

/**
 * The subflows of an answer. A number if there are more than its `room`, and `undefined` if the kernel did not list
 * them. `"changed"` if a subflow came or went between the system calls.
 */
export function readSubflows(answer: MptcpAnswer): readonly MptcpSubflow[] | number | "changed" | undefined {
  const { room, bytes } = answer;
  const tcpInfosAt = ARRAYS + HEAD_BYTES + room * ADDRESSES_BYTES;
  const againAt = tcpInfosAt + HEAD_BYTES + room * TCP_INFO_BYTES;
  const addresses = readHead(answer, ARRAYS, 1);
  const tcpInfos = readHead(answer, tcpInfosAt, 2);
  const again = readHead(answer, againAt, 3);
  if (addresses === undefined || tcpInfos === undefined || again === undefined) return undefined;
  const { count } = addresses;
  const most = Math.max(count, tcpInfos.count, again.count);
  if (most > room) return most;
  const addressBytes = HEAD_BYTES + count * ADDRESSES_BYTES;
  if (tcpInfos.count !== count || !areEqual(answer, ARRAYS, againAt, addressBytes)) return "changed";
  if (addresses.elementBytes !== ADDRESSES_BYTES || tcpInfos.elementBytes % 4 !== 0) return undefined;
  const subflows: MptcpSubflow[] = [];
  for (let index = 0; index < count; index++) {
    const at = ARRAYS + HEAD_BYTES + index * ADDRESSES_BYTES;
    const views = viewTcpInfo(answer, index, tcpInfosAt + HEAD_BYTES, tcpInfos.elementBytes);
    subflows.push({
      local: decodeSocketAddress(bytes, at),
      remote: decodeSocketAddress(bytes, at + ADDRESS_BYTES),
      tcpInfo: layout.decode(views, true) as LinuxTcpInfo,
    });
  }
  return subflows;
}

function viewTcpInfo({ bytes, tcpInfoViews }: MptcpAnswer, index: number, first: number, length: number): StructViews {
  const kept = tcpInfoViews[index];
  if (kept?.length === length) return kept;
  return (tcpInfoViews[index] = structViews(bytes.buffer, length, first + index * length));
}

/**
 * struct mptcp_subflow_data, which the kernel has written before an array. `undefined` if its system call failed: the
 * word `lengthIndex` of the answer is the array's length or a negative error number.
 */
function readHead(
  { words }: MptcpAnswer,
  at: number,
  lengthIndex: number,
): { count: number; elementBytes: number } | undefined {
  if (((words[lengthIndex] as number) | 0) < HEAD_BYTES) return undefined;
  return { count: words[at / 4 + 1] as number, elementBytes: words[at / 4 + 3] as number };
}

function areEqual({ words }: MptcpAnswer, one: number, other: number, length: number): boolean {
  for (let at = 0; at < length; at += 4) {
    if (words[(one + at) / 4] !== words[(other + at) / 4]) return false;
  }
  return true;
}

/**
 * struct mptcp_info has had these lengths: 48 (5.16), 80 (6.5), 88 (6.6), 96 (6.10). In each, the last bytes are
 * padding, which a longer struct has used for a field. So a field in them needs a longer struct than its own end.
 */
export function decodeMptcpInfo(
  { bytes, words }: MptcpAnswer,
  subflows: readonly MptcpSubflow[] | undefined,
): MptcpInfo {
  const length = words[0] as number;
  const u8 = (at: number) => (at + 1 <= length ? bytes[INFO + at] : undefined);
  const u32 = (at: number, least = at + 4) => (least <= length ? words[(INFO + at) / 4] : undefined);
  const u64 = (at: number) => {
    if (at + 8 > length) return undefined;
    return (words[(INFO + at) / 4 + HIGH] as number) * 0x1_0000_0000 + (words[(INFO + at) / 4 + LOW] as number);
  };
  // The two bytes were reserved, and 0, until Linux 6.18, which did not change the length.
  const endpoints = (at: number) => (length > 96 ? u8(at) : u8(at) || undefined);
  const flags = u32(8);
  const checksum = u8(42);
  return {
    subflows,
    totalSubflows: u8(80),
    additionalSubflows: u8(0),
    additionalSubflowsLimit: u8(3),
    announcedAddresses: u8(1),
    announcedAddressesLimit: u8(4),
    acceptedAddresses: u8(2),
    acceptedAddressesLimit: u8(5),
    localAddressesUsed: u8(40),
    localAddressesLimit: u8(41),
    laminarEndpoints: endpoints(81),
    fullmeshEndpoints: endpoints(82),
    isRemoteKeyReceived: flags === undefined ? undefined : (flags & FLAG_REMOTE_KEY) !== 0,
    isChecksumEnabled: checksum === undefined ? undefined : checksum !== 0,
    token: u32(12) || undefined,
    sendQueueBytes: length < 32 ? undefined : distance(words, (INFO + 24) / 4, (INFO + 16) / 4),
    bytesSent: u64(56),
    bytesReceived: u64(64),
    bytesAcked: u64(72),
    retransmittedBytes: u64(48),
    endRetransmissions: u32(44, 80),
    sinceLastDataSentMs: u32(84, 96),
    sinceLastDataReceivedMs: u32(88),
    sinceLastAckReceivedMs: u32(92),
  };
}

/**
 * How far the sequence number of 64 bits at the index `to` is after that at `from`. They are random and wrap. 0 if `to`
 * was read first and is lower.
 */
function distance(words: Uint32Array, from: number, to: number): number {
  const high = ((words[to + HIGH] as number) - (words[from + HIGH] as number)) | 0;
  const low = (words[to + LOW] as number) - (words[from + LOW] as number);
  return Math.max(0, high * 0x1_0000_0000 + low);
}
