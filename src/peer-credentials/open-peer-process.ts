// openPeerProcess and tryOpenPeerProcess: source → a descriptor of the process at the other end.
import { loadAddon } from "../addon/load";
import type { NativeBinding } from "../addon/native-binding";
import { Failure } from "../errors";
import { findFd } from "../source/find-fd";
import type { SocketSource } from "../source/types";
import { PeerProcess } from "./peer-process";
import { readPeerCredentials } from "./read-credentials";

/**
 * `getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD)`, Linux 6.5.
 *
 * Opens a descriptor (pidfd) of the process at the other end of a Unix socket. Unlike a pid, it never refers to
 * another process. Close it, with `using` or `close()`.
 *
 * It is the process that `getPeerCredentials` describes: the one that called connect(), or on the client's side the
 * one that called listen(), even if another process has the socket now.
 *
 * @param source - What `getPeerCredentials` takes.
 * @throws {SocketInfoError} What `getPeerCredentials` throws; `ERR_SOCKINFO_UNSUPPORTED_KERNEL` before Linux 6.5;
 * `ERR_SOCKINFO_UNSUPPORTED_PLATFORM` on macOS; `ERR_SOCKINFO_PEER_GONE` when the process has ended, before Linux
 * 6.16, which opens ended processes too; `ERR_SOCKINFO_OUT_OF_RESOURCES`.
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
 * {@link openPeerProcess} for code that can go on without a result. Returns `undefined` for reasons outside the
 * caller's control: not a Unix socket, closed, the process has ended, an older kernel, another platform, out of
 * descriptors.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_ADDON_LOAD_FAILED`, or a system error.
 * @example
 * using peer = tryOpenPeerProcess(req);
 * log.info({ executable: await peer?.readExecutable() });
 */
export function tryOpenPeerProcess(source: SocketSource): PeerProcess | undefined {
  const process = open(source);
  return process instanceof Failure ? process.toUndefined(tryOpenPeerProcess) : process;
}

function open(source: unknown): PeerProcess | Failure {
  // The credentials are read first, to refuse a listener: for that the kernel would return this very process.
  const credentials = readPeerCredentials(source);
  if (credentials instanceof Failure) return credentials;
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  if (binding.platform !== "linux") {
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_PLATFORM", "only Linux has descriptors of processes");
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
      return Failure.of("ERR_SOCKINFO_UNSUPPORTED_KERNEL", "the descriptor of a peer needs Linux 6.5", call);
    case binding.errno.EINVAL:
    case binding.errno.ESRCH:
      return Failure.of("ERR_SOCKINFO_PEER_GONE", undefined, call);
  }
  return Failure.ofRead(negative, "getsockopt");
}
