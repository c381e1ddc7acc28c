// Linux: struct ucred and the list of SO_PEERGROUPS → values, in this machine's byte order. Called by get-peer-credentials.ts.
import { endianness } from "node:os";
import type { NativeBinding } from "../addon";
import { Failure } from "../errors";
import type { PeerCredentials } from "./types";

const LE = endianness() === "LE";
const UCRED_LENGTH = 12;
/** (uid_t)-1: the kernel has no credentials for this socket. */
const NO_ID = 0xffff_ffff;

export function readLinuxCredentials(binding: NativeBinding, fd: number): PeerCredentials | Failure {
  // First: SO_PEERCRED answers for others as well, with {0, -1, -1} for TCP and with our own identity for a listener.
  const family = binding.peerFamily(fd);
  if (family !== binding.unixFamily) return refuse(binding, fd, family);
  const view = new DataView(binding.buffer);
  const length = binding.peerCredentials(fd);
  if (length < 0) return Failure.ofSystem(length, "getsockopt");
  const uid = view.getUint32(4, LE);
  if (length < UCRED_LENGTH || uid === NO_ID) return Failure.of("ERR_SOCKINFO_NOT_CONNECTED");
  const pid = view.getInt32(0, LE) || undefined;
  const gid = view.getUint32(8, LE);
  // Last: it fills the same buffer.
  return { uid, gid, pid, groups: readGroups(binding, fd) };
}

function refuse(binding: NativeBinding, fd: number, family: number): Failure {
  if (family >= 0) return Failure.of("ERR_SOCKINFO_NOT_UNIX");
  const call = { errno: family, syscall: "getpeername" };
  switch (-family) {
    case binding.errno.ENOTSOCK:
      return Failure.of("ERR_SOCKINFO_NOT_UNIX", undefined, call);
    case binding.errno.ENOTCONN: {
      const isUnix = binding.localFamily(fd) === binding.unixFamily;
      return Failure.of(isUnix ? "ERR_SOCKINFO_NOT_CONNECTED" : "ERR_SOCKINFO_NOT_UNIX", undefined, call);
    }
  }
  return Failure.ofSystem(family, "getpeername");
}

function readGroups(binding: NativeBinding, fd: number): readonly number[] | undefined {
  const length = binding.peerGroups(fd);
  if (length <= binding.buffer.byteLength) return decodeGroups(binding.buffer, length);
  const target = new Uint8Array(length);
  return decodeGroups(target.buffer, binding.peerGroupsInto(fd, target));
}

/** A negative length: a kernel without SO_PEERGROUPS. */
function decodeGroups(buffer: ArrayBufferLike, length: number): readonly number[] | undefined {
  return length < 0 ? undefined : Array.from(new Uint32Array(buffer, 0, length >> 2));
}
