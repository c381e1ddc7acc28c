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
