// getPeerCredentials and its kin: who is at the other end of a Unix socket. The way on is read-credentials.ts.
import { Failure } from "../errors";
import type { SocketSource } from "../source/types";
import { recallPeerCredentials } from "./read-credentials";
import type { PeerCredentials } from "./types";

/**
 * `getsockopt(fd, SOL_SOCKET, SO_PEERCRED)` and `SO_PEERGROUPS` on Linux, `getsockopt(fd, SOL_LOCAL, LOCAL_PEERCRED)` and
 * `LOCAL_PEERPID` on macOS.
 *
 * The identity of the process at the other end of a Unix socket: to a server, of who called connect(); to a client, of who
 * called listen(); as it was at that moment, whatever the process did since, and whoever it gave the descriptor to. The
 * system is asked once for each connection; a source that is a descriptor number is asked about each time.
 *
 * A request, response or stream whose connection has closed still answers, on a server with `trackConnections`.
 *
 * `uid`, `gid` and `groups` may be used for decisions; `pid` is for logs, as process ids are reused. The id 65534 may mean
 * "not mapped in this user namespace": never grant anything to it.
 *
 * @param source - As for `getTcpInfo`; its connection must be one over a Unix socket.
 * @throws {SocketInfoError} `ERR_SOCKINFO_NOT_UNIX` (TCP and all others), `…_NOT_CONNECTED` (a listener, or unconnected),
 * `…_NO_SOCKET`, `…_SOCKET_CLOSED`, `…_INVALID_ARGUMENT`, `…_UNSUPPORTED_PLATFORM`, `…_UNSUPPORTED_RUNTIME`,
 * `…_ADDON_LOAD_FAILED`.
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
 * {@link getPeerCredentials}, for code that serves TCP as well: `undefined` when there is no identity to be had for a reason
 * that the caller can't help (not a Unix socket, not connected, closed, no socket, platform or runtime not supported).
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_ADDON_LOAD_FAILED`, or a system error.
 * @example
 * const isLocalRoot = tryGetPeerCredentials(req)?.uid === 0;
 */
export function tryGetPeerCredentials(source: SocketSource): PeerCredentials | undefined {
  const credentials = recallPeerCredentials(source);
  return credentials instanceof Failure ? credentials.toUndefined(tryGetPeerCredentials) : credentials;
}
