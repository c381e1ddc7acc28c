// Reads and decodes macOS's struct xucred (sys/ucred.h) and the pid of LOCAL_PEERPID. native/socket_info_darwin.cc
// asserts the offsets against Apple's header.
import type { NativeBinding } from "../addon/native-binding";
import { Failure } from "../errors";
import type { PeerCredentials } from "./types";

const XUCRED_VERSION = 0;
const XUCRED_LENGTH = 76;
const MAX_GROUPS = 16;

export function readDarwinCredentials(binding: NativeBinding, fd: number): PeerCredentials | Failure {
  // The family is read first, because SOL_LOCAL and IPPROTO_IP are the same number: a TCP socket would return an
  // option of IP. getpeername would not do: it refuses a connection after its peer has gone, although the connection
  // keeps its credentials. A listener is no problem, because it has no credentials of a peer.
  const family = binding.localFamily(fd);
  if (family < 0 && -family !== binding.errno.ENOTSOCK) return Failure.ofRead(family, "getsockname");
  if (family !== binding.unixFamily) return Failure.of("ERR_SOCKINFO_NOT_UNIX");
  const view = new DataView(binding.buffer);
  const length = binding.peerCredentials(fd);
  if (length < 0) {
    const call = { errno: length, syscall: "getsockopt" };
    const unconnected = -length === binding.errno.ENOTCONN || -length === binding.errno.EINVAL;
    return unconnected
      ? Failure.of("ERR_SOCKINFO_NOT_CONNECTED", undefined, call)
      : Failure.ofRead(length, "getsockopt");
  }
  if (length < XUCRED_LENGTH || view.getUint32(0, true) !== XUCRED_VERSION) {
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_PLATFORM", "it has another version of struct xucred");
  }
  const uid = view.getUint32(4, true);
  const count = Math.min(view.getInt16(8, true), MAX_GROUPS);
  // The first group of the list is the effective one. The others are supplementary.
  const gid = view.getUint32(12, true);
  const groups = Array.from({ length: Math.max(count - 1, 0) }, (_, index) => view.getUint32(16 + index * 4, true));
  // The pid is read last, because that fills the same buffer.
  return { uid, gid, pid: readPid(binding, view, fd), groups: Object.freeze(groups) };
}

/** Returns `undefined` when the peer has gone. */
function readPid(binding: NativeBinding, view: DataView, fd: number): number | undefined {
  return binding.peerPid(fd) >= 4 ? view.getInt32(0, true) || undefined : undefined;
}
