// What is watched on each socket of a connection: the accepted one, and what TLS and HTTP/2 make of it.
import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { underSession } from "../core";
import type { ConnectionRecord } from "./connection";
import { connectionAt, connectionOfSocket, link, linkThroughProxy, unlink } from "./find-connection";

type Destroy = (this: object, error: Error | null, callback: (error?: Error | null) => void) => void;
type Destroyable = { _destroy: Destroy };

/** Of the few streams that brought a `_destroy` of their own, instead of their class's. */
const ownDestroy = new WeakMap<object, Destroy>();

export function watchSocket(socket: Socket, connection: ConnectionRecord): void {
  link(socket, connection);
  hookDestroy(socket);
  // Before Node's own, which answers the client's end with one of this side: on an adopted connection it is there already.
  socket.prependListener("end", onEnd);
  socket.on("timeout", onTimeout);
}

/** Of the connection, nothing stays but what it has noted. */
export function unwatchConnection({ socket, tlsSocket, http2Session }: ConnectionRecord): void {
  unwatchSocket(socket);
  if (tlsSocket) unwatchSocket(tlsSocket);
  if (http2Session) unwatchSession(http2Session);
}

function unwatchSocket(socket: Socket): void {
  unlink(socket);
  unhookDestroy(socket);
  socket.off("end", onEnd);
  socket.off("timeout", onTimeout);
}

export function watchTlsSocket(socket: TLSSocket, connection: ConnectionRecord): void {
  connection.tlsSocket = socket;
  connection.protocol ??= socket.alpnProtocol || undefined;
  watchSocket(socket, connection);
}

/** The session's connection, which its proxy of the socket leads to, unless a Duplex was injected. */
export function watchSession(session: ServerHttp2Session): ConnectionRecord | undefined {
  const { socket } = session;
  const connection = connectionOfSocket(socket) ?? connectionOfSocket(underSession(socket) ?? socket);
  if (connection === undefined) return undefined;
  link(session, connection);
  linkThroughProxy(socket, connection);
  connection.protocol = session.encrypted ? "h2" : "h2c";
  session.prependListener("timeout", onTimeout);
  session.prependListener("goaway", onGoaway);
  session.on("error", onError);
  connection.http2Session = session;
  return connection;
}

function unwatchSession(session: ServerHttp2Session): void {
  unlink(session);
  session.off("timeout", onTimeout);
  session.off("goaway", onGoaway);
  session.off("error", onError);
}

/**
 * `_destroy` is the one place that every way of ending passes while the descriptor is open: on a reset no event comes before it is
 * closed. It is what implementers of streams override, and here one does on an instance.
 */
function hookDestroy(socket: object): void {
  if (Object.hasOwn(socket, "_destroy")) ownDestroy.set(socket, (socket as Destroyable)._destroy);
  (socket as Destroyable)._destroy = destroy;
}

function unhookDestroy(socket: object): void {
  const own = ownDestroy.get(socket);
  ownDestroy.delete(socket);
  // Who hooked it after us keeps our function, which then only passes on.
  if ((socket as Destroyable)._destroy !== destroy) return;
  if (own) (socket as Destroyable)._destroy = own;
  else delete (socket as Partial<Destroyable>)._destroy;
}

const destroy: Destroy = function (error, callback) {
  const connection = connectionAt(this);
  // Under TLS the outer socket goes first and knows the error.
  if (connection?.socket === this) connection.close(error);
  else connection?.noteError(error);
  const original = ownDestroy.get(this) ?? (Object.getPrototypeOf(this) as Destroyable)._destroy;
  original.call(this, error, callback);
};

function onEnd(this: Socket): void {
  const connection = connectionAt(this);
  if (connection) connection.endedFirst ??= this.writableEnded ? "server" : "client";
}

/** The client's GOAWAY, to which this side's end of the socket is only the answer. */
function onGoaway(this: ServerHttp2Session): void {
  const connection = connectionAt(this);
  if (connection) connection.endedFirst ??= this.closed ? "server" : "client";
}

function onTimeout(this: object): void {
  const connection = connectionAt(this);
  if (connection) connection.timedOut = true;
}

function onError(this: object, error: Error): void {
  connectionAt(this)?.noteError(error);
}
