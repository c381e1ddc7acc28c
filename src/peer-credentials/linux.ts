// Reads and decodes Linux's struct ucred (SO_PEERCRED) and the list of SO_PEERGROUPS.
import type { NativeBinding } from "../addon/native-binding";
import { Failure } from "../errors";
import type { PeerCredentials, PeerIds } from "./types";

const UCRED_LENGTH = 12;
/** (uid_t)-1: the kernel has no credentials for this socket. */
const NO_ID = 0xffff_ffff;
const NO_GROUPS: readonly number[] = Object.freeze([]);

/** The native module's buffer, in words of 32 bits. Read by index: destructuring would take an iterator. */
let words: Uint32Array | undefined;

export function readLinuxCredentials(binding: NativeBinding, fd: number): PeerCredentials | Failure {
  // The family is read first, because SO_PEERCRED succeeds for other sockets too. It returns {0, -1, -1} for TCP, and
  // the identity of the listening end itself for a listener.
  const family = binding.unixPeer(fd);
  if (family !== binding.unixFamily) return refuse(binding, fd, family);
  words ??= new Uint32Array(binding.buffer);
  const ids = decodeIds((words[0] as number) | 0, words, 1);
  if (ids instanceof Failure) return ids;
  const { uid, gid, pid } = ids;
  return { uid, gid, pid, groups: decodeGroups(binding, fd, words) };
}

/** For any socket: if it is not a Unix socket, the kernel has no ids for it, and this returns a Failure. */
export function readLinuxIds(binding: NativeBinding, fd: number): PeerIds | Failure {
  const length = binding.peerCredentials(fd);
  words ??= new Uint32Array(binding.buffer);
  return decodeIds(length, words, 0);
}

/** @param at - The word at which the struct ucred begins. */
function decodeIds(length: number, buffer: Uint32Array, at: number): PeerIds | Failure {
  if (length < 0) return Failure.ofRead(length, "getsockopt");
  const uid = buffer[at + 1] as number;
  if (length < UCRED_LENGTH || uid === NO_ID) return Failure.of("ERR_SOCKINFO_NOT_CONNECTED");
  return { uid, gid: buffer[at + 2] as number, pid: buffer[at] || undefined };
}

function refuse(binding: NativeBinding, fd: number, family: number): Failure {
  if (family >= 0) return Failure.of("ERR_SOCKINFO_NOT_UNIX");
  const call = { errno: family, syscall: "getpeername" };
  switch (-family) {
    case binding.errno.ENOTSOCK:
    // Families without addresses of peers, such as AF_PACKET and AF_XDP.
    case binding.errno.EOPNOTSUPP:
      return Failure.of("ERR_SOCKINFO_NOT_UNIX", undefined, call);
    case binding.errno.ENOTCONN: {
      const isUnix = binding.localFamily(fd) === binding.unixFamily;
      return Failure.of(isUnix ? "ERR_SOCKINFO_NOT_CONNECTED" : "ERR_SOCKINFO_NOT_UNIX", undefined, call);
    }
  }
  return Failure.ofRead(family, "getpeername");
}

/** Decodes what follows the struct ucred in `buffer`: the length of the groups, and the groups if they fit. */
function decodeGroups(binding: NativeBinding, fd: number, buffer: Uint32Array): readonly number[] | undefined {
  const length = (buffer[4] as number) | 0;
  if (length <= 0) return length === 0 ? NO_GROUPS : undefined;
  if (5 + length / 4 <= buffer.length) return listIds(buffer, 5, length / 4);
  const bytes = new Uint8Array(length);
  const filled = binding.peerGroupsInto(fd, bytes);
  return filled < 0 ? undefined : listIds(new Uint32Array(bytes.buffer), 0, filled / 4);
}

/** Uses a loop, because Array.from of a part of the buffer takes longer than the system call. */
function listIds(ids: Uint32Array, begin: number, count: number): readonly number[] {
  const list: number[] = [];
  for (let index = begin; index < begin + count; index++) list.push(ids[index] as number);
  return Object.freeze(list);
}
