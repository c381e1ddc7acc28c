// Decodes what the kernel says about a Unix socket: native/unix_diag.h, UnixRow.
import { STATE_NAMES } from "../core";

export const UNIX_ROW_BYTES = 152;

const NAME_OFFSET = 40;
const [KNOWS_PEER, KNOWS_UID, KNOWS_FILE, KNOWS_QUEUES] = [1, 2, 4, 8];

export type UnixSocketType = "STREAM" | "DGRAM" | "SEQPACKET";

const TYPES: readonly (UnixSocketType | undefined)[] = [
  undefined,
  "STREAM",
  "DGRAM",
  undefined,
  undefined,
  "SEQPACKET",
];

export type UnixSocketState = "ESTABLISHED" | "SYN_SENT" | "CLOSED" | "LISTEN";

/** `struct unix_diag_msg` and its attributes for one socket, or for a connection that waits to be accepted. */
export interface UnixSocketRow {
  readonly type: UnixSocketType | undefined;
  /** Sockets of datagrams are `"ESTABLISHED"` or `"CLOSED"`. */
  readonly state: UnixSocketState | undefined;
  /**
   * A path as it was given to bind(2), or an abstract name, which begins with a 0. Both may have any bytes. An accepted
   * socket has the name of its listener. `undefined` if the socket has none, as most clients.
   */
  readonly name: Uint8Array | undefined;
  /** The inode of `/proc/<pid>/fd`. `undefined` for a connection that waits to be accepted. */
  readonly inode: number | undefined;
  /** SO_COOKIE. `undefined` for a connection that waits to be accepted. */
  readonly cookie: bigint | undefined;
  /** The `inode` of the other end. `undefined` if that has none: it waits to be accepted, or is closed. */
  readonly peerInode: number | undefined;
  /** Who has created the socket. `undefined` before Linux 5.3, and for a connection that waits to be accepted. */
  readonly uid: number | undefined;
  /** The file that bind(2) made, even if it was removed. `undefined` without a path. */
  readonly file: UnixSocketFile | undefined;
  /** The connections that wait to be accepted. `undefined` unless it is a listener. */
  readonly acceptQueueLength: number | undefined;
  readonly acceptQueueLimit: number | undefined;
}

/** What identifies the file of a socket, as far as the kernel reports it. */
export interface UnixSocketFile {
  /** The low 32 bits of `ino` of `fs.Stats`. */
  readonly inode: number;
  /** Of the kernel itself. On file systems with volumes (btrfs), it differs from `dev` of `fs.Stats`. */
  readonly deviceMajor: number;
  readonly deviceMinor: number;
}

/** Decodes the row that begins at byte `at` of `buffer`, a multiple of 8. */
export function decodeUnixRow(buffer: ArrayBuffer, at: number): UnixSocketRow {
  const u8 = new Uint8Array(buffer, at, UNIX_ROW_BYTES);
  const u32 = new Uint32Array(buffer, at, UNIX_ROW_BYTES / 4);
  const known = u8[38] as number;
  const nameLength = u8[39] as number;
  const state = STATE_NAMES[u8[37] ?? 0] as UnixSocketState | undefined;
  const hasQueue = state === "LISTEN" && (known & KNOWS_QUEUES) !== 0;
  const device = u32[24 / 4] as number;
  return {
    type: TYPES[u8[36] ?? 0],
    state,
    name: nameLength === 0 ? undefined : u8.slice(NAME_OFFSET, NAME_OFFSET + nameLength),
    inode: u32[8 / 4] || undefined,
    cookie: new BigUint64Array(buffer, at, 1)[0] || undefined,
    peerInode: known & KNOWS_PEER ? u32[12 / 4] || undefined : undefined,
    uid: known & KNOWS_UID ? u32[16 / 4] : undefined,
    file:
      known & KNOWS_FILE
        ? { inode: u32[20 / 4] as number, deviceMajor: device >>> 20, deviceMinor: device & 0xf_ffff }
        : undefined,
    acceptQueueLength: hasQueue ? u32[28 / 4] : undefined,
    acceptQueueLimit: hasQueue ? u32[32 / 4] : undefined,
  };
}
