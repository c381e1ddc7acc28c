// Reads and decodes Linux's struct ucred (SO_PEERCRED) and the list of SO_PEERGROUPS.
import type { NativeBinding } from "../addon/native-binding";
import { Failure } from "../errors";
import type { PeerCredentials, PeerIds } from "./types";

const UCRED_LENGTH = 12;
/** (uid_t)-1: the kernel has no credentials for this socket. */
const NO_ID = 0xffff_ffff;
const NO_GROUPS: readonly number[] = Object.freeze([]);

/** The native module's buffer, in words of 32 bits. */
let words: Uint32Array | undefined;

export function readLinuxCredentials(binding: NativeBinding, fd: number): PeerCredentials | Failure {
  // The family is read first, because SO_PEERCRED succeeds for other sockets too. It returns {0, -1, -1} for TCP, and
  // the identity of the listening end itself for a listener.
  const family = binding.peerFamily(fd);
  if (family !== binding.unixFamily) return refuse(binding, fd, family);
  const ids = readLinuxIds(binding, fd);
  if (ids instanceof Failure) return ids;
  const { uid, gid, pid } = ids;
  // The groups are read last, because that fills the same buffer.
  return { uid, gid, pid, groups: readGroups(binding, fd, words as Uint32Array) };
}

/** For any socket: if it is not a Unix socket, the kernel has no ids for it, and this returns a Failure. */
export function readLinuxIds(binding: NativeBinding, fd: number): PeerIds | Failure {
  const length = binding.peerCredentials(fd);
  if (length < 0) return Failure.ofRead(length, "getsockopt");
  words ??= new Uint32Array(binding.buffer);
  const [pid = 0, uid = NO_ID, gid = NO_ID] = words;
  if (length < UCRED_LENGTH || uid === NO_ID) return Failure.of("ERR_SOCKINFO_NOT_CONNECTED");
  return { uid, gid, pid: pid || undefined };
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

function readGroups(binding: NativeBinding, fd: number, buffer: Uint32Array): readonly number[] | undefined {
  const length = binding.peerGroups(fd);
  if (length <= 0) return length === 0 ? NO_GROUPS : undefined;
  if (length <= buffer.byteLength) return firstIds(buffer, length / 4);
  const bytes = new Uint8Array(length);
  const filled = binding.peerGroupsInto(fd, bytes);
  return filled < 0 ? undefined : firstIds(new Uint32Array(bytes.buffer), filled / 4);
}

/** Uses a loop, because Array.from of a part of the buffer takes longer than the system call. */
function firstIds(ids: Uint32Array, count: number): number[] {
  const list: number[] = [];
  for (let index = 0; index < count; index++) list.push(ids[index] as number);
  return list;
}
