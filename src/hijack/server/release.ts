// release(): a hijacked connection goes back to its server.
import { channel } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { types } from "node:util";
import { Failure, readBoolean, type Readers, readOptions, RELEASE_CHANNEL, type ReleaseMessage } from "../../core";
import type { ReleaseOptions } from "../types";
import { giveBack } from "./give-back";
import { forgetOwnership, type Ownership, ownershipOf } from "./ownership";

const releases = channel(RELEASE_CHANNEL);

const OPTIONS: Readers<ReleaseOptions> = { ownerReadBody: readBoolean };

/**
 * Gives a hijacked connection back to its server, which serves the next request on it, as after a request that it has
 * answered: the keep-alive timeout runs. There is no other `'connection'` event.
 *
 * Before the call, write the whole answer, and remove your listeners for `'data'` and `'readable'` and all pipes. Other
 * listeners are yours to remove, too.
 *
 * It is refused where the server could take a stranger's bytes for a request: after a request with a body that Node has
 * not read (see {@link ReleaseOptions}), after an Upgrade or `Expect: 100-continue`, where Node may have cut off
 * headers (`server.maxHeadersCount`), where the name of the body's length has a space after it
 * (`insecureHTTPParser`), after a request with which the connection would have ended, and where the server counts
 * requests (`server.maxRequestsPerSocket`).
 *
 * @param socket - As `hijack()` returned it.
 * @param leftover - The bytes that you have read and that belong to the next request: `head`, or an empty Buffer. They
 * come before the bytes that the socket has.
 * @throws {SocketInfoError} `ERR_SOCKINFO_NOT_RELEASABLE` (the reasons above; not hijacked, or released before; still
 * read by listeners or pipes; `setEncoding()` was called), `ERR_SOCKINFO_SOCKET_CLOSED` (one of the two sides has ended
 * it), `ERR_SOCKINFO_INVALID_ARGUMENT`. Nothing has changed then.
 * @example
 * const { socket, head } = await hijack(req, res);
 * socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
 * release(socket, head);
 */
export function release(socket: Duplex, leftover: Uint8Array, options: ReleaseOptions = {}): void {
  const ownership = findOwnership(socket, leftover, options);
  if (ownership instanceof Failure) throw ownership.toError(release);
  forgetOwnership(socket);
  ownership.end();
  releases.publish({ socket } satisfies ReleaseMessage);
  giveBack(ownership.connection.enabling, socket as Socket, leftover);
}

function findOwnership(socket: Duplex, leftover: unknown, options: ReleaseOptions): Ownership | Failure {
  const read = readOptions("options", options, OPTIONS);
  if (read instanceof Failure) return read;
  if (!types.isUint8Array(leftover))
    return Failure.ofArgument("leftover is not a Uint8Array: pass head, or an empty one");
  const ownership = ownershipOf(socket);
  if (!ownership) return notReleasable("it was not hijacked, or was released");
  // After a failed write a socket is not destroyed until the next tick, and unshift() drops its bytes.
  if (socket.destroyed || socket.errored || socket.writableEnded || socket.readableEnded) {
    return Failure.of("ERR_SOCKINFO_SOCKET_CLOSED", undefined, { cause: socket.errored ?? undefined });
  }
  return refuseRequest(ownership, read) ?? refuseReaders(socket) ?? ownership;
}

function refuseRequest({ obstacle, hasUnreadBody }: Ownership, options: ReleaseOptions): Failure | undefined {
  if (obstacle !== undefined) return notReleasable(obstacle);
  if (!hasUnreadBody || options.ownerReadBody === true) return undefined;
  return notReleasable("the request has a body: read it to its end, then set the option ownerReadBody");
}

function refuseReaders(socket: Duplex): Failure | undefined {
  if (socket.readableEncoding) return notReleasable("setEncoding() was called");
  const reader = ["data", "readable"].find((event) => socket.listenerCount(event) > 0);
  return reader === undefined ? undefined : notReleasable(`it has listeners for '${reader}'`);
}

function notReleasable(reason: string): Failure {
  return Failure.of("ERR_SOCKINFO_NOT_RELEASABLE", reason);
}
