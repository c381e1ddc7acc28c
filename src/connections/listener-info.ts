// getListenerInfo: server → listening descriptor (src/source/listener.ts) → TCP_INFO, whose fields mean something else for a listener.
import type { Server } from "node:net";
import { Failure, findListenerFd, readTcpInfoInAnyState } from "../core";

/** The accept queue of a listening TCP server: connections that the kernel has completed and the process has not accepted. */
export interface ListenerInfo {
  /**
   * Connections that wait to be accepted, even when their client has gone; `Recv-Q` of `ss -ltn`. At most
   * `acceptQueueLimit + 1`: 9 with a limit of 8 is a full queue, and no mistake.
   */
  readonly acceptQueueLength: number;
  /**
   * The `backlog` of `server.listen()`, which Node makes 511, or net.core.somaxconn where that is less; `Send-Q` of `ss -ltn`.
   * Linux adds a connection while the queue is not *longer* than this (`sk_acceptq_is_full` in include/net/sock.h),
   * so it holds one more.
   */
  readonly acceptQueueLimit: number;
  /** 0 is empty, 1 is full: the kernel ignores clients then, who try again after a second or more. */
  readonly acceptQueueFullRatio: number;
}

/**
 * `getsockopt(fd, IPPROTO_TCP, TCP_INFO)` of the listening socket; Linux only. There the kernel gives the length of the accept
 * queue as `tcpi_unacked` and its limit as `tcpi_sacked` (`tcp_get_info` in net/ipv4/tcp.c, "listeners aliased fields").
 *
 * Node accepts one connection in each turn of its event loop, so a queue that is seldom empty tells of an event loop that is
 * held up, long before the queue is full.
 *
 * @param source - A listening server of node:net, tls, http, https or http2; or the number of a listening descriptor,
 * which another thread of this process can use while the server's own is held up. The caller answers for a number: it
 * is another's once it is closed.
 * @throws {SocketInfoError} `ERR_SOCKINFO_NOT_LISTENING` (not yet, or closed), `ERR_SOCKINFO_LISTENER_NOT_OWNED` (a worker of a
 * cluster, whose primary process accepts for it), `ERR_SOCKINFO_NOT_TCP` (a Unix socket), `ERR_SOCKINFO_INVALID_ARGUMENT`,
 * `ERR_SOCKINFO_UNSUPPORTED_PLATFORM`, `ERR_SOCKINFO_UNSUPPORTED_RUNTIME`, `ERR_SOCKINFO_UNSUPPORTED_KERNEL` (an
 * emulated one), `ERR_SOCKINFO_SYSTEM_CALL_DENIED`, `ERR_SOCKINFO_ADDON_LOAD_FAILED`; `EBADF` for a number that is
 * not open.
 * @example
 * const { acceptQueueLength, acceptQueueLimit } = getListenerInfo(server);
 * @see listen(2), ss(8)
 */
export function getListenerInfo(source: Server | number): ListenerInfo {
  const info = readListenerInfo(source);
  if (info instanceof Failure) throw info.toError(getListenerInfo);
  return info;
}

/**
 * {@link getListenerInfo}, for code that must go on without, such as a gauge that is read at any time: `undefined` when there
 * is nothing to read for a reason that the caller can't help (not listening, the cluster's, a Unix socket; platform,
 * runtime, kernel or sandbox).
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_ADDON_LOAD_FAILED`, or a system error.
 * @example
 * gauge.set(tryGetListenerInfo(server)?.acceptQueueLength ?? NaN);
 */
export function tryGetListenerInfo(source: Server | number): ListenerInfo | undefined {
  const info = readListenerInfo(source);
  return info instanceof Failure ? info.toUndefined(tryGetListenerInfo) : info;
}

function readListenerInfo(source: unknown): ListenerInfo | Failure {
  const fd = findListenerFd(source);
  if (typeof fd !== "number") return fd;
  const info = readTcpInfoInAnyState(fd);
  if (info instanceof Failure) return info;
  if (info.platform !== "linux")
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_PLATFORM", "the accept queue on Linux only");
  // The number of a connection; or a descriptor that was shut down, by another process that shares it.
  if (info.state !== "LISTEN") return Failure.of("ERR_SOCKINFO_NOT_LISTENING");
  const { unackedSegments: acceptQueueLength, unackedSackedSegments: acceptQueueLimit } = info;
  if (acceptQueueLength === undefined || acceptQueueLimit === undefined) {
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_KERNEL", "the accept queue in TCP_INFO");
  }
  return {
    acceptQueueLength,
    acceptQueueLimit,
    acceptQueueFullRatio: Math.min(1, acceptQueueLength / (acceptQueueLimit + 1)),
  };
}
