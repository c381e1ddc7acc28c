// getPeerCredentials and tryGetPeerCredentials: the identity of the process at the other end of a Unix socket.
import { Failure } from "../errors";
import type { SocketSource } from "../source/types";
import { recallPeerCredentials } from "./read-credentials";
import type { PeerCredentials } from "./types";

/**
 * `getsockopt(fd, SOL_SOCKET, SO_PEERCRED)` and `SO_PEERGROUPS` on Linux, `getsockopt(fd, SOL_LOCAL, LOCAL_PEERCRED)`
 * and `LOCAL_PEERPID` on macOS.
 *
 * Returns the identity of the process at the other end of a Unix socket. On the server's side that is the process that
 * called connect(), on the client's side the one that called listen(). It is the identity at the time of that call,
 * even if the process has changed its ids since, or another process has the socket now. Makes its system calls once
 * for each connection; for a descriptor number, each time.
 *
 * A request, response or stream of a closed connection still has a result, on a server with `trackConnections`.
 *
 * Use `uid`, `gid` and `groups` for decisions, and `pid` for logs only, because process ids are reused. The id 65534
 * may mean "not mapped in this user namespace": never grant it anything.
 *
 * @param source - What `getTcpInfo` takes. Its connection must run over a Unix socket.
 * @throws {SocketInfoError} `ERR_SOCKINFO_NOT_UNIX` (TCP or anything else), `…_NOT_CONNECTED` (listening, or never
 * connected), `…_NO_SOCKET`, `…_SOCKET_CLOSED`, `…_INVALID_ARGUMENT`, `…_UNSUPPORTED_PLATFORM`,
 * `…_UNSUPPORTED_RUNTIME`, `…_SYSTEM_CALL_DENIED` (a sandbox), `…_ADDON_LOAD_FAILED`.
 * @example
 * const { uid, gid, pid } = getPeerCredentials(req);
 * @see unix(7), socket(7)
 */
export function getPeerCredentials(source: SocketSource): PeerCredentials {
  const credentials = recallPeerCredentials(source);
  if (credentials instanceof Failure) throw credentials.toError(getPeerCredentials);
  return credentials;
}

/**
 * {@link getPeerCredentials} for handlers, where the connection may already be closed, and for code that also serves
 * TCP. Returns `undefined` when there is no identity for a reason outside the caller's control: not a Unix socket, not
 * connected, closed, no socket, a sandbox, or an unsupported platform or runtime.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_ADDON_LOAD_FAILED`, or a system error.
 * @example
 * const isLocalRoot = tryGetPeerCredentials(req)?.uid === 0;
 */
export function tryGetPeerCredentials(source: SocketSource): PeerCredentials | undefined {
  const credentials = recallPeerCredentials(source);
  return credentials instanceof Failure ? credentials.toUndefined(tryGetPeerCredentials) : credentials;
}
