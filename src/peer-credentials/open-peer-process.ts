// openPeerProcess and its kin: source → a descriptor of the process at its other end. The way on is peer-process.ts.
import { loadAddon } from "../addon/load";
import type { NativeBinding } from "../addon/native-binding";
import { Failure } from "../errors";
import { findFd } from "../source/find-fd";
import type { SocketSource } from "../source/types";
import { PeerProcess } from "./peer-process";
import { readPeerCredentials } from "./read-credentials";

/**
 * `getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD)`, Linux 6.5: a descriptor of the process at the other end of a Unix socket. Unlike a pid it
 * never comes to mean another process. Close it: by `using`, or by `close()`.
 *
 * As with the credentials it is the process that called connect(), or, seen by a client, listen(); whoever holds the socket now.
 *
 * @param source - As for `getPeerCredentials`.
 * @throws {SocketInfoError} What `getPeerCredentials` throws; `ERR_SOCKINFO_UNSUPPORTED_KERNEL` before Linux 6.5,
 * `ERR_SOCKINFO_UNSUPPORTED_PLATFORM` on macOS, `ERR_SOCKINFO_PEER_GONE` where the process has ended and the kernel gives no descriptor of
 * such (before Linux 6.16); `ERR_SOCKINFO_OUT_OF_RESOURCES`.
 * @example
 * using peer = openPeerProcess(req);
 * log.info({ executable: await peer.readExecutable() });
 * @see pidfd_open(2), unix(7)
 */
export function openPeerProcess(source: SocketSource): PeerProcess {
  const process = open(source);
  if (process instanceof Failure) throw process.toError(openPeerProcess);
  return process;
}

/**
 * {@link openPeerProcess}, for code that goes on without: `undefined` where there is none for a reason that the caller can't help
 * (not a Unix socket, closed, the process has ended, the kernel is older, the platform has none).
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_ADDON_LOAD_FAILED`, or a system error.
 */
export function tryOpenPeerProcess(source: SocketSource): PeerProcess | undefined {
  const process = open(source);
  return process instanceof Failure ? process.toUndefined(tryOpenPeerProcess) : process;
}

function open(source: unknown): PeerProcess | Failure {
  // First: of a listener the kernel would give this very process.
  const credentials = readPeerCredentials(source);
  if (credentials instanceof Failure) return credentials;
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  if (binding.platform !== "linux") {
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_PLATFORM", "descriptors of processes on Linux only");
  }
  const fd = findFd(source);
  if (typeof fd !== "number") return fd;
  const owned = binding.openPeerProcess(fd);
  return typeof owned === "number" ? refuse(binding, owned) : new PeerProcess(binding, owned);
}

function refuse(binding: NativeBinding, negative: number): Failure {
  const call = { errno: negative, syscall: "getsockopt" };
  switch (-negative) {
    case binding.errno.ENOPROTOOPT:
      return Failure.of("ERR_SOCKINFO_UNSUPPORTED_KERNEL", "descriptors of peers since Linux 6.5", call);
    case binding.errno.EINVAL:
    case binding.errno.ESRCH:
      return Failure.of("ERR_SOCKINFO_PEER_GONE", undefined, call);
  }
  return Failure.ofRead(negative, "getsockopt");
}
