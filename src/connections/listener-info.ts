// getListenerInfo: server → listening descriptor → TCP_INFO, in which Linux puts the accept queue of a listener, and
// SO_MEMINFO, which has what the listener dropped.
import type { Server } from "node:net";
import { closingLentFds, Failure, findListenerFd, readDroppedPackets, readTcpInfoInAnyState } from "../core";

/**
 * The accept queue of a listening TCP server: the connections that are waiting for the process to accept them, and
 * those for which it had no space.
 */
export interface ListenerInfo {
  /**
   * How many connections are waiting to be accepted, even if the client has gone; `Recv-Q` of `ss -ltn`. At most
   * `acceptQueueLimit + 1`: a length of 9 with a limit of 8 is a full queue, and not an error.
   */
  readonly acceptQueueLength: number;
  /**
   * The `backlog` of `server.listen()`, 511 by default, but at most net.core.somaxconn; `Send-Q` of `ss -ltn`. Linux
   * adds a connection while the queue is not *longer* than this (`sk_acceptq_is_full` in include/net/sock.h), so the
   * queue holds one more.
   */
  readonly acceptQueueLimit: number;
  /**
   * 0 is empty, 1 is full. While the queue is full, the kernel ignores new clients, and these try again after a second
   * or more.
   */
  readonly acceptQueueFullRatio: number;
  /**
   * How many SYNs this very listener has dropped since it began to listen, mostly because its queue was full: word 8
   * of `SO_MEMINFO`, `d` of `ss -ltm`. A client that is dropped tries again, and each try counts. So does the last
   * acknowledgement of a handshake that finds the queue full, and a stray segment that is neither SYN nor
   * acknowledgement.
   *
   * A counter of 32 bits: `(after - before) >>> 0` is what was dropped between two readings, also when it has wrapped.
   * `undefined` before Linux 4.12, for an MPTCP listener, and in sandboxes that deny a call.
   */
  readonly droppedSyns: number | undefined;
}

/**
 * `getsockopt(fd, IPPROTO_TCP, TCP_INFO)` of the listening socket, on Linux only. For a listener the kernel returns
 * the length of the accept queue as `tcpi_unacked` and its limit as `tcpi_sacked` (`tcp_get_info` in net/ipv4/tcp.c,
 * "listeners aliased fields"). `getsockopt(fd, SOL_SOCKET, SO_MEMINFO)` returns what the listener dropped.
 *
 * Node accepts one connection in each turn of its event loop. So a queue that is seldom empty means that the event
 * loop is blocked often, long before the queue is full. A `droppedSyns` that grows means that clients were turned
 * away.
 *
 * @param server - A listening server of node:net, tls, http, https or http2. Or the number of a listening descriptor,
 * which another thread of this process can use while the server's thread is blocked. The caller must make sure that
 * the number is still the server's: once the descriptor is closed, the system reuses its number for another file.
 * @throws {SocketInfoError} `ERR_SOCKINFO_NOT_LISTENING` (not yet, or closed), `ERR_SOCKINFO_LISTENER_NOT_OWNED` (in a
 * cluster's worker, for which the primary process accepts), `ERR_SOCKINFO_NOT_TCP` (a Unix socket),
 * `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_UNSUPPORTED_PLATFORM`, `ERR_SOCKINFO_UNSUPPORTED_RUNTIME`,
 * `ERR_SOCKINFO_UNSUPPORTED_KERNEL` (an emulated one), `ERR_SOCKINFO_SYSTEM_CALL_DENIED`,
 * `ERR_SOCKINFO_ADDON_LOAD_FAILED`; `EBADF` for a number that is not open.
 * @example
 * const { acceptQueueLength, acceptQueueLimit, droppedSyns } = getListenerInfo(server);
 * @see listen(2), ss(8)
 */
export function getListenerInfo(server: Server | number): ListenerInfo {
  const info = readListenerInfo(server);
  if (info instanceof Failure) throw info.toError(getListenerInfo);
  return info;
}

/**
 * {@link getListenerInfo}, but returns `undefined` when there is nothing to read for a reason outside the caller's
 * control: the server does not listen, the cluster's primary has the socket, it is a Unix socket, or the platform,
 * runtime, kernel or a sandbox does not allow it. For code that must go on, such as a gauge that is read at any time.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_ADDON_LOAD_FAILED`, or a system error.
 * @example
 * gauge.set(tryGetListenerInfo(server)?.acceptQueueLength ?? NaN);
 */
export function tryGetListenerInfo(server: Server | number): ListenerInfo | undefined {
  const info = readListenerInfo(server);
  return info instanceof Failure ? info.toUndefined(tryGetListenerInfo) : info;
}

const readListenerInfo = closingLentFds((server: unknown): ListenerInfo | Failure => {
  const fd = findListenerFd(server);
  if (typeof fd !== "number") return fd;
  const info = readTcpInfoInAnyState(fd);
  if (info instanceof Failure) return info;
  if (info.platform !== "linux")
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_PLATFORM", "the accept queue is reported on Linux only");
  // The number is that of a connection, or another process that shares the listening socket has shut it down.
  if (info.state !== "LISTEN") return Failure.of("ERR_SOCKINFO_NOT_LISTENING");
  const { unackedSegments: acceptQueueLength, unackedSackedSegments: acceptQueueLimit } = info;
  if (acceptQueueLength === undefined || acceptQueueLimit === undefined) {
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_KERNEL", "its TCP_INFO lacks the accept queue");
  }
  return {
    acceptQueueLength,
    acceptQueueLimit,
    acceptQueueFullRatio: Math.min(1, acceptQueueLength / (acceptQueueLimit + 1)),
    // Each subflow of MPTCP has a counter of its own, and the one that can be read is never incremented.
    droppedSyns: info.isMptcp === false ? readDroppedPackets(fd) : undefined,
  };
});
