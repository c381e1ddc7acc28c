// getSocket and getFd: the first steps of every other function, for callers who want to go on by themselves.
import type { Server, Socket } from "node:net";
import { Failure } from "../errors";
import { findFd } from "./find-fd";
import { findSocket } from "./find-socket";
import { findListenerFd } from "./listener";
import { isServer } from "./server";
import type { SocketSource } from "./types";

/**
 * The `net.Socket` behind `source`. For TLS it is the `tls.TLSSocket`, for HTTP/2 the proxy that Node puts before the
 * session's socket, which can be read from only. A closed connection's socket is given as long as `source` keeps it.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_NO_SOCKET`, `ERR_SOCKINFO_SOCKET_CLOSED` (an HTTP/2 session, stream or request that
 * has ended and let go of its socket), `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_UNSUPPORTED_RUNTIME` (what the
 * own servers of Bun and Deno hand out).
 * @example
 * const { remoteAddress } = getSocket(ctx);
 */
export function getSocket(source: Exclude<SocketSource, number>): Socket {
  const socket = findSocket(source);
  if (socket instanceof Failure) throw socket.toError(getSocket);
  return socket;
}

/**
 * The number of the open descriptor behind `source`, for a call of your own. Use it before the event loop gets to run
 * again and never keep it: the system gives a closed number to the next file or socket at once.
 *
 * For a listening server it is the listening descriptor, which `getListenerInfo` of sockinfo/connections takes in
 * another thread.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_NO_SOCKET`, `ERR_SOCKINFO_SOCKET_CLOSED`, `ERR_SOCKINFO_NOT_CONNECTED`,
 * `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_UNSUPPORTED_RUNTIME`. For a server also `ERR_SOCKINFO_NOT_LISTENING`,
 * `ERR_SOCKINFO_LISTENER_NOT_OWNED`, `ERR_SOCKINFO_NOT_TCP` (a Unix socket in a worker of a cluster).
 * @example
 * const fd = getFd(req);
 */
export function getFd(source: SocketSource | Server): number {
  const fd = isServer(source) ? findListenerFd(source) : findFd(source);
  if (typeof fd !== "number") throw fd.toError(getFd);
  return fd;
}
