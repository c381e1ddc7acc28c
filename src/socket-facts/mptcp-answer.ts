// Decodes what the native function mptcpInfoInto writes: native/mptcp_info.h has the layout. Makes no system call.
import { LITTLE_ENDIAN, structViews } from "../tcp-info/struct-views";
import { layout } from "../tcp-info/this-system";
import type { LinuxTcpInfo } from "../tcp-info/linux-types";
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

/** How many bytes `mptcpInfoInto` needs for that many subflows. */
export function answerBytes(subflows: number): number {
  return ARRAYS + 3 * HEAD_BYTES + subflows * (2 * ADDRESSES_BYTES + TCP_INFO_BYTES);
}

/** Whether the answer says that the connection has fallen back to TCP: `MPTCP_INFO_FLAG_FALLBACK`. */
export function saysFallback(answer: Uint8Array): boolean {
  return (viewOf(answer).getUint32(INFO + 8, LITTLE_ENDIAN) & FLAG_FALLBACK) !== 0;
}

/**
 * The subflows of an answer with space for `room` subflows. A number if there are more than that, and `undefined` if
 * the kernel did not list them. `"changed"` if a subflow came or went between the system calls.
 */
export function readSubflows(
  answer: Uint8Array,
  room: number,
): readonly MptcpSubflow[] | number | "changed" | undefined {
  const tcpInfosAt = ARRAYS + HEAD_BYTES + room * ADDRESSES_BYTES;
  const againAt = tcpInfosAt + HEAD_BYTES + room * TCP_INFO_BYTES;
  const addresses = readHead(answer, ARRAYS, 4);
  const tcpInfos = readHead(answer, tcpInfosAt, 8);
  const again = readHead(answer, againAt, 12);
  if (addresses === undefined || tcpInfos === undefined || again === undefined) return undefined;
  const { count } = addresses;
  const most = Math.max(count, tcpInfos.count, again.count);
  if (most > room) return most;
  const bytes = HEAD_BYTES + count * ADDRESSES_BYTES;
  const isSame =
    Buffer.compare(answer.subarray(ARRAYS, ARRAYS + bytes), answer.subarray(againAt, againAt + bytes)) === 0;
  if (!isSame || tcpInfos.count !== count) return "changed";
  if (addresses.elementBytes !== ADDRESSES_BYTES || tcpInfos.elementBytes % 4 !== 0) return undefined;
  return Array.from({ length: count }, (_, index) => {
    const at = ARRAYS + HEAD_BYTES + index * ADDRESSES_BYTES;
    const tcpInfoAt = tcpInfosAt + HEAD_BYTES + index * tcpInfos.elementBytes;
    return {
      local: decodeSocketAddress(answer.subarray(at, at + ADDRESS_BYTES)),
      remote: decodeSocketAddress(answer.subarray(at + ADDRESS_BYTES, at + ADDRESSES_BYTES)),
      tcpInfo: layout.decode(structViews(answer.buffer, tcpInfos.elementBytes, tcpInfoAt), true) as LinuxTcpInfo,
    };
  });
}

/**
 * struct mptcp_subflow_data, which the kernel has written before an array. `undefined` if its system call failed;
 * `lengthAt` is where the answer has the length or the error number.
 */
function readHead(
  answer: Uint8Array,
  at: number,
  lengthAt: number,
): { count: number; elementBytes: number } | undefined {
  const view = viewOf(answer);
  if (view.getInt32(lengthAt, LITTLE_ENDIAN) < HEAD_BYTES) return undefined;
  return { count: view.getUint32(at + 4, LITTLE_ENDIAN), elementBytes: view.getUint32(at + 12, LITTLE_ENDIAN) };
}

/**
 * struct mptcp_info has had these lengths: 48 (5.16), 80 (6.5), 88 (6.6), 96 (6.10). In each, the last bytes are
 * padding which a longer struct has used for a field. So a field in them needs a longer struct than its own end.
 */
export function decodeMptcpInfo(answer: Uint8Array, subflows: readonly MptcpSubflow[] | undefined): MptcpInfo {
  const view = viewOf(answer);
  const length = view.getInt32(0, LITTLE_ENDIAN);
  const u8 = (at: number) => (at + 1 <= length ? view.getUint8(INFO + at) : undefined);
  const u32 = (at: number, least = at + 4) => (least <= length ? view.getUint32(INFO + at, LITTLE_ENDIAN) : undefined);
  const u64 = (at: number) => (at + 8 <= length ? view.getBigUint64(INFO + at, LITTLE_ENDIAN) : undefined);
  const counter = (at: number) => toNumber(u64(at));
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
    sendQueueBytes: distance(u64(24), u64(16)),
    bytesSent: counter(56),
    bytesReceived: counter(64),
    bytesAcked: counter(72),
    retransmittedBytes: counter(48),
    endRetransmissions: u32(44, 80),
    sinceLastDataSentMs: u32(84, 96),
    sinceLastDataReceivedMs: u32(88),
    sinceLastAckReceivedMs: u32(92),
  };
}

/** How far `to` is after `from`. Sequence numbers of 64 bits wrap. 0 if `to` was read first and is lower. */
function distance(from: bigint | undefined, to: bigint | undefined): number | undefined {
  if (from === undefined || to === undefined) return undefined;
  return Math.max(0, Number(BigInt.asIntN(64, to - from)));
}

/** Exact up to 2^53. */
function toNumber(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function viewOf(answer: Uint8Array): DataView {
  return new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
}
