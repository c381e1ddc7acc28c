// release(): gives a hijacked connection back to its server.
import { channel } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { types } from "node:util";
import {
  Failure,
  readBoolean,
  type Readers,
  readOptions,
  RELEASE_CHANNEL,
  type ReleaseMessage,
  wrongValue,
} from "../../core";
import type { ReleaseOptions } from "../types";
import { giveBack } from "./give-back";
import { forgetOwnership, type Ownership, ownershipOf } from "./ownership";

const releases = channel(RELEASE_CHANNEL);

const OPTIONS: Readers<ReleaseOptions> = { ownerReadBody: readBoolean };

/**
 * Gives a hijacked connection back to its server, which serves the next request on it. The connection is in the state
 * after an answer: the keep-alive timeout runs. There is no second `'connection'` event.
 *
 * Before the call, write the whole answer. Remove your listeners for `'data'` and `'readable'`, and all pipes. Also
 * remove your other listeners, because the call leaves them on the socket.
 *
 * It is refused wherever a stranger's bytes could become a request that Node alone would not have served:
 * - after a request with a body that Node has not read (see {@link ReleaseOptions})
 * - after an Upgrade or `Expect: 100-continue`
 * - after a request with which the connection would have ended
 * - if Node may have cut off headers (`server.maxHeadersCount`)
 * - if a space follows the name of `Content-Length` or `Transfer-Encoding` (`insecureHTTPParser`)
 * - if the server counts requests (`server.maxRequestsPerSocket`)
 *
 * @param socket - The socket that `hijack()` returned.
 * @param leftover - The bytes that you have read and that belong to the next request: `head`, or an empty Buffer. The
 * server reads them before the bytes that the socket has.
 * @throws {SocketInfoError} `ERR_SOCKINFO_NOT_RELEASABLE` (the reasons above; the socket was not hijacked, or was
 * released before; listeners or pipes still read it; `setEncoding()` was called), `ERR_SOCKINFO_SOCKET_CLOSED` (one of
 * the two sides has ended the connection), `ERR_SOCKINFO_INVALID_ARGUMENT`. The connection is unchanged then.
 * @example
 * const { socket, head } = await hijack(req, res);
 * socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
 * release(socket, head);
 */
export function release(socket: Duplex, leftover: Uint8Array, options: ReleaseOptions = {}): void {
  const ownership = findOwnership(socket, leftover, options);
  if (ownership instanceof Failure) throw ownership.toError(release);
  forgetOwnership(socket);
  ownership.restoreSocket();
  releases.publish({ socket } satisfies ReleaseMessage);
  giveBack(ownership.connection.enabling, socket as Socket, leftover);
}

function findOwnership(socket: Duplex, leftover: unknown, options: ReleaseOptions): Ownership | Failure {
  const read = readOptions("options", options, OPTIONS);
  if (read instanceof Failure) return read;
  if (!types.isUint8Array(leftover)) {
    return wrongValue("leftover", "be an instance of Uint8Array", leftover, "Pass head, or an empty Buffer");
  }
  const ownership = ownershipOf(socket);
  if (!ownership) return notReleasable("it was not hijacked, or was released before");
  // After a failed write, Node destroys the socket in the next tick. Until then unshift() would drop `leftover`.
  if (socket.destroyed || socket.errored || socket.writableEnded || socket.readableEnded) {
    return Failure.of("ERR_SOCKINFO_SOCKET_CLOSED", undefined, { cause: socket.errored ?? undefined });
  }
  return refuseRequest(ownership, read) ?? refuseReaders(socket) ?? ownership;
}

function refuseRequest({ releaseObstacle, hasUnreadBody }: Ownership, options: ReleaseOptions): Failure | undefined {
  if (releaseObstacle !== undefined) return notReleasable(releaseObstacle);
  if (!hasUnreadBody || options.ownerReadBody === true) return undefined;
  return notReleasable("the request has a body. Read it to its end, and set the option ownerReadBody");
}

function refuseReaders(socket: Duplex): Failure | undefined {
  if (socket.readableEncoding) return notReleasable("setEncoding() was called");
  const reader = ["data", "readable"].find((event) => socket.listenerCount(event) > 0);
  return reader === undefined ? undefined : notReleasable(`it has listeners for '${reader}'. Remove them first`);
}

function notReleasable(reason: string): Failure {
  return Failure.of("ERR_SOCKINFO_NOT_RELEASABLE", reason);
}
