// release(): a hijacked connection goes back to its server.
import { channel } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { types } from "node:util";
import { Failure, RELEASE_CHANNEL, type ReleaseMessage } from "../core";
import type { HijackableServer } from "./hijackable-server";

/** The hijacked sockets, and to whom each belonged. */
const owners = new WeakMap<object, HijackableServer>();

const releases = channel(RELEASE_CHANNEL);

export function noteHijacked(socket: object, server: HijackableServer): void {
  owners.set(socket, server);
}

/**
 * Gives a hijacked connection back to its server, which serves the next request on it, as behind one that it has answered: the
 * keep-alive timeout is running, and there is no other `'connection'` event.
 *
 * Take your listeners for `'data'` and `'readable'` off before, and unpipe: what they get, the server does not. Other listeners
 * are yours to take off, too. The answer to what was hijacked must have been written as a whole.
 *
 * @param socket - As `hijack()` gave it.
 * @param leftover - What was read of it and belongs to the next request, such as `head`. It comes before what the socket has.
 * @throws {SocketInfoError} `ERR_SOCKINFO_NOT_RELEASABLE` (not hijacked, or released before; read by listeners or pipes still;
 * `setEncoding()` was called), `ERR_SOCKINFO_SOCKET_CLOSED` (one of the two sides has ended it), `ERR_SOCKINFO_INVALID_ARGUMENT`
 * (`leftover` is no bytes). Nothing has changed then.
 * @example
 * const { socket, head } = await hijack(req, res);
 * socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
 * release(socket, head);
 */
export function release(socket: Duplex, leftover?: Uint8Array): void {
  const server = owners.get(socket);
  const failure = server ? refusal(socket, leftover) : Failure.of("ERR_SOCKINFO_NOT_RELEASABLE", "it was not hijacked");
  if (failure) throw failure.toError(release);
  owners.delete(socket);
  releases.publish({ socket } satisfies ReleaseMessage);
  server?.giveBack(socket as Socket, leftover);
}

function refusal(socket: Duplex, leftover: unknown): Failure | undefined {
  if (leftover !== undefined && !types.isUint8Array(leftover)) {
    return Failure.ofArgument("leftover is not a Uint8Array");
  }
  if (socket.destroyed || socket.writableEnded || socket.readableEnded) return Failure.of("ERR_SOCKINFO_SOCKET_CLOSED");
  if (socket.readableEncoding) return Failure.of("ERR_SOCKINFO_NOT_RELEASABLE", "setEncoding() was called");
  const reader = ["data", "readable"].find((event) => socket.listenerCount(event) > 0);
  return reader === undefined
    ? undefined
    : Failure.of("ERR_SOCKINFO_NOT_RELEASABLE", `it has listeners for '${reader}'`);
}
