// source → connection: by a symbol on everything that leads to it (source/tracked.ts of the core).
import { Failure, findSocket, kConnection, searchSource, trackedAt, underTls } from "../core";
import type { ConnectionRecord } from "./connection";
import { refuseTracking } from "./refuse-runtime";

type Linked = { [kConnection]?: ConnectionRecord };

export function link(object: object, connection: ConnectionRecord): void {
  // Not enumerable: nobody wants it in the log of a socket.
  Object.defineProperty(object, kConnection, { value: connection, configurable: true, writable: true });
}

/** By the proxies of HTTP/2 sessions. When the session has ended, every property of its proxy throws. */
const proxied = new WeakMap<object, ConnectionRecord>();

/** For the socket behind a proxy of HTTP/2, which passes on assignments, not definitions. */
export function linkThroughProxy(proxy: object, connection: ConnectionRecord): void {
  proxied.set(proxy, connection);
  (proxy as Linked)[kConnection] = connection;
}

export function unlink(object: object): void {
  delete (object as Linked)[kConnection];
}

/** The connection that `object` itself is marked with, if its tracker still has it. */
export function connectionAt(object: object): ConnectionRecord | undefined {
  return trackedAt(object) as ConnectionRecord | undefined;
}

/** The connection of the socket that Node reports: the accepted one, or what TLS made of it. */
export function connectionOfSocket(socket: object): ConnectionRecord | undefined {
  const connection = connectionAt(socket);
  // A stream of HTTP/2, which a server may be given as a connection of its own, is none of the sockets.
  if (connection !== undefined) return connection.isOver(socket) ? connection : undefined;
  const raw = underTls(socket);
  return raw === undefined ? undefined : connectionAt(raw);
}

/** The connection behind anything that sockinfo takes as a source, or why there is none. */
export function findConnection(source: unknown): ConnectionRecord | Failure {
  const marked = searchSource(source, (value) => connectionAt(value as object)) ?? ofProxy(source);
  if (marked !== undefined) return marked;
  const socket = findSocket(source);
  if (socket instanceof Failure) return socket;
  return connectionOfSocket(socket) ?? refuseTracking() ?? Failure.of("ERR_SOCKINFO_NOT_TRACKED");
}

function ofProxy(source: unknown): ConnectionRecord | undefined {
  const connection = typeof source === "object" && source !== null ? proxied.get(source) : undefined;
  return connection?.isTracked === true ? connection : undefined;
}
