// describePeer(): names the peer of any connection, for logs.
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
 * The names by handle, because a handle belongs to one connection all its life. Also by socket and by stream of
 * HTTP/2, so that the name stays the same after the connection or the stream has ended.
 */
const known = new WeakMap<object, string>();

/**
 * A name of the peer for logs, because Unix sockets have no `remoteAddress`: `"unix:uid=1000,pid=4242"`, or
 * `"unix:uid=1000"` without a pid. For TCP `"tcp:192.0.2.7:51234"` and `"tcp:[2001:db8::7]:51234"`. A source without
 * a connection, such as a mock request, is `"unknown"`.
 *
 * The name stays the same after the request or the connection has ended, on a server with `trackConnections`, or if
 * `describePeer` was called before the end. Otherwise it is `"unknown"` after the end. In 'finish' and 'close' of an
 * HTTP/2 request or stream, it has already ended.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` if `source` is not a source.
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
  // The name is kept for the socket too, because the socket outlives its handle. It is kept for each stream of HTTP/2,
  // because a stream loses its socket at its end.
  if (name !== undefined && known.get(socket) === name) return name;
  return remember(name ?? describe(socket), [handle, socket, streamOf(source)]);
}

function remember(name: string | undefined, keys: readonly (object | undefined)[]): string | undefined {
  if (name !== undefined) for (const key of keys) if (key) known.set(key, name);
  return name;
}

/** The name after the end, which is kept for the stream of HTTP/2 or comes from a tracker. */
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
    // Every property of an HTTP/2 socket throws after its session has ended.
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
