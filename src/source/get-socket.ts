// getSocket and getFd: the socket and the descriptor of a source, for the caller's own use.
import type { Server, Socket } from "node:net";
import { Failure } from "../errors";
import { findFd } from "./find-fd";
import { findSocket } from "./find-socket";
import { findListenerFd } from "./listener";
import { isServer } from "./server";
import type { SocketSource } from "./types";

/**
 * Returns the `net.Socket` that `source` leads to. Makes no system call. For TLS it is the `tls.TLSSocket`. For HTTP/2
 * it is the proxy that Node puts in front of the session's socket, which only allows reading. A closed connection
 * still has a result, as long as `source` keeps its socket.
 *
 * @param source - What `getTcpInfo` takes, except a descriptor number.
 * @throws {SocketInfoError} `ERR_SOCKINFO_NO_SOCKET`, `ERR_SOCKINFO_SOCKET_CLOSED` (an HTTP/2 session, stream or
 * request that has ended and dropped its socket), `ERR_SOCKINFO_INVALID_ARGUMENT`,
 * `ERR_SOCKINFO_UNSUPPORTED_RUNTIME` (an object of Bun's or Deno's own servers).
 * @example
 * const { remoteAddress } = getSocket(ctx);
 */
export function getSocket(source: Exclude<SocketSource, number>): Socket {
  const socket = findSocket(source);
  if (socket instanceof Failure) throw socket.toError(getSocket);
  return socket;
}

/**
 * Returns the number of the source's open file descriptor, for a system call of your own. Use the number before the
 * event loop runs again, and never keep it: once the descriptor is closed, the system reuses its number for the next
 * file or socket.
 *
 * For a server it is the descriptor that the server listens on. Another thread can pass that number to
 * `getListenerInfo` of sockinfo/connections.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_NO_SOCKET`, `ERR_SOCKINFO_SOCKET_CLOSED`, `ERR_SOCKINFO_NOT_CONNECTED`,
 * `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_UNSUPPORTED_RUNTIME` (also for each TCP socket of Deno). For a
 * server also `ERR_SOCKINFO_NOT_LISTENING`, `ERR_SOCKINFO_LISTENER_NOT_OWNED`, `ERR_SOCKINFO_NOT_TCP` (a Unix socket in
 * a worker of a cluster).
 * @example
 * const fd = getFd(req);
 */
export function getFd(source: SocketSource | Server): number {
  const fd = isServer(source) ? findListenerFd(source) : findFd(source);
  if (typeof fd !== "number") throw fd.toError(getFd);
  return fd;
}
