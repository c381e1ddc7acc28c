// source → connection, by a symbol on every object that leads to the connection (`kConnection` of the core).
import { Failure, findSocket, kConnection, searchSource, trackedAt, underTls } from "../core";
import type { ConnectionRecord } from "./connection";
import { refuseTracking } from "./refuse-runtime";

type Linked = { [kConnection]?: ConnectionRecord };

export function link(object: object, connection: ConnectionRecord): void {
  // Not enumerable, so that printed sockets do not show it.
  Object.defineProperty(object, kConnection, { value: connection, configurable: true, writable: true });
}

/** Connections by the proxies of HTTP/2 sessions. When the session has ended, every property of its proxy throws. */
const connectionsByProxy = new WeakMap<object, ConnectionRecord>();

/** For the socket behind an HTTP/2 proxy, which forwards assignments but not definitions. */
export function linkThroughProxy(proxy: object, connection: ConnectionRecord): void {
  connectionsByProxy.set(proxy, connection);
  (proxy as Linked)[kConnection] = connection;
}

/**
 * Leaves a link to another connection: an HTTP/2 stream may be linked again, when it is given to a server as a
 * connection.
 */
export function unlink(object: object, connection: ConnectionRecord): void {
  if ((object as Linked)[kConnection] === connection) delete (object as Linked)[kConnection];
}

/** The connection that `object` itself is linked to, while a tracker follows it. */
export function connectionAt(object: object): ConnectionRecord | undefined {
  return trackedAt(object) as ConnectionRecord | undefined;
}

/** The connection of a socket that Node reports: the accepted socket or the TLS socket over it. */
export function connectionOfSocket(socket: object): ConnectionRecord | undefined {
  const connection = connectionAt(socket);
  // An HTTP/2 stream is linked too, and a server may be given one as a connection of its own. It is neither of the
  // sockets.
  if (connection !== undefined) return connection.ownsSocket(socket) ? connection : undefined;
  const raw = underTls(socket);
  return raw === undefined ? undefined : connectionAt(raw);
}

/** The connection behind anything that sockinfo takes as a source, or the reason why there is none. */
export function findConnection(source: unknown): ConnectionRecord | Failure {
  const linked = searchSource(source, (value) => connectionAt(value as object)) ?? connectionOfProxy(source);
  if (linked !== undefined) return linked;
  const socket = findSocket(source);
  if (socket instanceof Failure) return socket;
  return connectionOfSocket(socket) ?? refuseTracking() ?? Failure.of("ERR_SOCKINFO_NOT_TRACKED");
}

function connectionOfProxy(source: unknown): ConnectionRecord | undefined {
  const connection = typeof source === "object" && source !== null ? connectionsByProxy.get(source) : undefined;
  return connection?.isTracked === true ? connection : undefined;
}
