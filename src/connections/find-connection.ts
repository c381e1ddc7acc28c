// source → connection. Every object that leads to a connection has it under a symbol, `kConnection` of the core.
import { defineHidden, Failure, findSocket, kConnection, searchSource, trackedAt, underTls } from "../core";
import type { ConnectionRecord } from "./connection";
import { refuseTracking } from "./refuse-runtime";

type Linked = { [kConnection]?: ConnectionRecord };

export function link(object: object, connection: ConnectionRecord): void {
  // Not enumerable, so that printed sockets do not show it.
  defineHidden(object, kConnection, connection);
}

/**
 * The connection of each HTTP/2 session, by the session's proxy of the socket. When the session has ended, every
 * property of the proxy throws.
 */
const connectionsByProxy = new WeakMap<object, ConnectionRecord>();

/** Links the socket of an HTTP/2 proxy by an assignment, because the proxy does not forward definitions. */
export function linkThroughProxy(proxy: object, connection: ConnectionRecord): void {
  connectionsByProxy.set(proxy, connection);
  (proxy as Linked)[kConnection] = connection;
}

/**
 * Does not remove a link to another connection. An HTTP/2 stream may have one, after it was passed to a server as a
 * connection of its own.
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
  // An HTTP/2 stream is linked too, and may be passed to a server as a connection of its own. Then it is neither of
  // the two sockets of the connection that it is linked to.
  if (connection !== undefined) return connection.ownsSocket(socket) ? connection : undefined;
  const raw = underTls(socket);
  return raw === undefined ? undefined : connectionAt(raw);
}

/** The connection of any source, or the reason why there is none. */
export function findConnection(source: unknown): ConnectionRecord | Failure {
  const linked = searchSource(source, (value) => connectionAt(value as object)) ?? connectionOfProxy(source);
  if (linked !== undefined) return linked;
  const socket = findSocket(source);
  if (socket instanceof Failure) return socket;
  return (
    connectionOfSocket(socket) ??
    refuseTracking() ??
    Failure.of("ERR_SOCKINFO_NOT_TRACKED", "call trackConnections(server) before the server listens")
  );
}

function connectionOfProxy(source: unknown): ConnectionRecord | undefined {
  const connection = typeof source === "object" && source !== null ? connectionsByProxy.get(source) : undefined;
  return connection?.isTracked === true ? connection : undefined;
}
