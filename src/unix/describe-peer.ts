// describePeer(): a name to print for who is at the other end, of any connection.
import { Failure, findSocket, type PeerCredentials, readPeerCredentials, type SocketSource } from "../core";

/** By socket, so that it is the same when the connection has ended. */
const known = new WeakMap<object, string>();

/**
 * A name for logs, where `remoteAddress` is missing on Unix sockets: `"unix:uid=1000,pid=4242"`; without a pid `"unix:uid=1000"`. For TCP
 * `"tcp:192.0.2.7:51234"` and `"tcp:[2001:db8::7]:51234"`. What has no connection, as a mock request, is `"unknown"`; and so is one that had
 * ended before it was asked about for the first time. From then on it stays the same.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` for what is no source at all.
 * @example
 * log.info({ peer: describePeer(req), url: req.url });
 */
export function describePeer(source: SocketSource): string {
  const socket = typeof source === "number" ? source : findSocket(source);
  if (socket instanceof Failure) {
    if (socket.code === "ERR_SOCKINFO_INVALID_ARGUMENT") throw socket.toError(describePeer);
    return "unknown";
  }
  if (typeof socket === "number") return describe(socket);
  return known.get(socket) ?? remember(socket, describe(socket));
}

function remember(socket: object, description: string): string {
  if (description !== "unknown") known.set(socket, description);
  return description;
}

function describe(source: object | number): string {
  const peer = readPeerCredentials(source);
  if (!(peer instanceof Failure)) return describeCredentials(peer);
  if (typeof source === "number") return "unknown";
  const { remoteAddress, remotePort, remoteFamily } = addressOf(source);
  if (remoteAddress === undefined) return "unknown";
  return `tcp:${remoteFamily === "IPv6" ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
}

function describeCredentials({ uid, pid }: PeerCredentials): string {
  return pid === undefined ? `unix:uid=${uid}` : `unix:uid=${uid},pid=${pid}`;
}

interface Address {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly remoteFamily?: string | undefined;
}

/** The socket of an HTTP/2 session that has ended answers every property with an exception. */
function addressOf(socket: object): Address {
  try {
    const { remoteAddress, remotePort, remoteFamily } = socket as Address;
    return { remoteAddress, remotePort, remoteFamily };
  } catch {
    return {};
  }
}
