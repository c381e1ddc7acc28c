// describePeer(): a name to print for who is at the other end, of any connection.
import type { Socket } from "node:net";
import {
  Failure,
  findSocket,
  handleOf,
  type PeerCredentials,
  readPeerCredentials,
  searchRequest,
  searchSource,
  type SocketSource,
  trackedAt,
} from "../../core";

/**
 * By handle, which is one connection for all its life. By socket and by stream of HTTP/2 too, so that the name is the
 * same when the connection or the stream has ended.
 */
const known = new WeakMap<object, string>();

/**
 * A name for logs, where `remoteAddress` is missing on Unix sockets: `"unix:uid=1000,pid=4242"`; without a pid `"unix:uid=1000"`. For TCP
 * `"tcp:192.0.2.7:51234"` and `"tcp:[2001:db8::7]:51234"`. What has no connection, as a mock request, is `"unknown"`.
 *
 * It stays the same when the request or the connection has ended: on a server with `trackConnections`, or when it was asked about
 * before. Otherwise it is `"unknown"` then. A stream or request of HTTP/2 has ended in its own 'finish' and 'close'.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` for what is no source at all.
 * @example
 * log.info({ peer: describePeer(req), url: req.url });
 */
export function describePeer(source: SocketSource): string {
  if (typeof source === "number") return describe(source) ?? "unknown";
  const socket = findSocket(source);
  if (!(socket instanceof Failure)) return ofSocket(socket, source) ?? "unknown";
  if (socket.code === "ERR_SOCKINFO_INVALID_ARGUMENT") throw socket.toError(describePeer);
  return ofEnded(source) ?? "unknown";
}

function ofSocket(socket: Socket, source: object): string | undefined {
  const handle = handleOf(socket) ?? undefined;
  const name = handle ? known.get(handle) : (known.get(socket) ?? ofEnded(source));
  // A socket outlives its requests, and its handle. Each stream of HTTP/2 has a socket object of its own.
  if (name !== undefined && known.get(socket) === name) return name;
  return remember(name ?? describe(socket), [handle, socket, streamOf(source)]);
}

function remember(name: string | undefined, keys: readonly (object | undefined)[]): string | undefined {
  if (name !== undefined) for (const key of keys) if (key) known.set(key, name);
  return name;
}

/** By the stream of HTTP/2, or by what a tracker knows. */
function ofEnded(source: object): string | undefined {
  const stream = streamOf(source);
  const name = stream && known.get(stream);
  if (name !== undefined) return name;
  const { remote, finalPeerCredentials } = searchSource(source, trackedAt) ?? {};
  if (finalPeerCredentials) return describeCredentials(finalPeerCredentials);
  return remote && describeAddress(remote.family, remote.address, remote.port);
}

function streamOf(source: object): object | undefined {
  return searchRequest(source, (request) => "rstCode" in request);
}

function describe(source: Socket | number): string | undefined {
  const peer = readPeerCredentials(source);
  if (!(peer instanceof Failure)) return describeCredentials(peer);
  if (typeof source === "number") return undefined;
  try {
    return describeAddress(source.remoteFamily, source.remoteAddress, source.remotePort);
  } catch {
    // The socket of an HTTP/2 session that has ended answers every property with an exception.
    return undefined;
  }
}

function describeCredentials({ uid, pid }: PeerCredentials): string {
  return pid === undefined ? `unix:uid=${uid}` : `unix:uid=${uid},pid=${pid}`;
}

function describeAddress(family: string | undefined, address?: string, port?: number): string | undefined {
  if (address === undefined) return undefined;
  return `tcp:${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
