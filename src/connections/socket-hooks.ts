// What is watched on each socket of a connection: the accepted one, and what TLS and HTTP/2 make of it.
import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { underSession, underTls } from "../core";
import type { ConnectionRecord } from "./connection";
import { connectionAt, link, linkThroughProxy, unlink } from "./find-connection";
import { MethodHook } from "./method-hook";

type Destroy = (this: object, error: Error | null, callback: (error?: Error | null) => void) => void;
type Goaway = (this: ServerHttp2Session, ...parameters: unknown[]) => void;

/**
 * `_destroy` is the one place that every way of ending passes while the descriptor is open: on a reset no event comes before it is
 * closed. It is what implementers of streams override, and here one does on an instance.
 */
const destroyHook = new MethodHook<Destroy>("_destroy", function (error, callback) {
  const connection = connectionAt(this);
  // Under TLS the outer socket goes first and knows the error.
  if (connection?.socket === this) connection.close(error);
  else connection?.noteError(error);
  destroyHook.original(this).call(this, error, callback);
});

/** Node has no event for this side's GOAWAY, and calls this method for `session.close()`, too. */
const goawayHook = new MethodHook<Goaway>("goaway", function (...parameters) {
  goawayHook.original(this).apply(this, parameters);
  noteGoaway(this, "server");
});

/** Of the accepted socket. */
export function watchConnection(connection: ConnectionRecord): void {
  const { socket } = connection;
  watchSocket(socket, connection);
  // Should no `_destroy` tell: of a stream with a destroy() of its own, or if another library took ours away.
  socket.on("close", onClose);
}

function watchSocket(socket: Socket, connection: ConnectionRecord): void {
  link(socket, connection);
  destroyHook.hook(socket);
  // Before Node's own, which answers the client's end with one of this side: on an adopted connection it is there already.
  socket.prependListener("end", onEnd);
  socket.on("timeout", onTimeout);
}

/** Of the connection, nothing stays but what it has noted. */
export function unwatchConnection({ socket, tlsSocket, http2Session }: ConnectionRecord): void {
  unwatchSocket(socket);
  socket.off("close", onClose);
  // From the innermost out: there may be TLS in TLS.
  for (let outer: object | undefined = tlsSocket; outer && outer !== socket; outer = underTls(outer)) {
    unwatchSocket(outer as Socket);
  }
  if (http2Session) unwatchSession(http2Session);
}

function unwatchSocket(socket: Socket): void {
  unlink(socket);
  destroyHook.unhook(socket);
  socket.off("end", onEnd);
  socket.off("timeout", onTimeout);
}

export function watchTlsSocket(socket: TLSSocket, connection: ConnectionRecord): void {
  if (connection.tlsSocket === socket) return;
  connection.tlsSocket = socket;
  connection.protocol ??= socket.alpnProtocol || undefined;
  watchSocket(socket, connection);
}

/** The session's connection, which its proxy of the socket leads to, unless a Duplex was injected. */
export function watchSession(session: ServerHttp2Session): ConnectionRecord | undefined {
  if (session.destroyed) return undefined;
  const { socket } = session;
  // An adopted connection of TLS is known by its accepted socket only.
  const connection = [socket, underSession(socket), underTls(socket)]
    .map((from) => from && connectionAt(from))
    .find(Boolean);
  if (connection === undefined) return undefined;
  link(session, connection);
  linkThroughProxy(socket, connection);
  connection.protocol = session.encrypted ? "h2" : "h2c";
  session.prependListener("timeout", onTimeout);
  session.prependListener("goaway", onGoaway);
  session.on("error", onError);
  goawayHook.hook(session);
  connection.http2Session = session;
  return connection;
}

function unwatchSession(session: ServerHttp2Session): void {
  unlink(session);
  session.off("timeout", onTimeout);
  session.off("goaway", onGoaway);
  session.off("error", onError);
  goawayHook.unhook(session);
}

function onEnd(this: Socket): void {
  const connection = connectionAt(this);
  if (connection === undefined) return;
  const hasBegun = this.writableEnded || connection.goawayFirst === "server";
  connection.endedFirst ??= hasBegun ? "server" : "client";
}

/** This side's end of the socket is only the answer to the client's GOAWAY. */
function onGoaway(this: ServerHttp2Session): void {
  noteGoaway(this, "client");
  const connection = connectionAt(this);
  if (connection) connection.endedFirst ??= connection.goawayFirst;
}

function noteGoaway(session: ServerHttp2Session, side: "client" | "server"): void {
  const connection = connectionAt(session);
  if (connection) connection.goawayFirst ??= side;
}

function onClose(this: object): void {
  connectionAt(this)?.close(null);
}

function onTimeout(this: object): void {
  const connection = connectionAt(this);
  if (connection === undefined) return;
  connection.timedOut = true;
  // A listener may let the connection live on: then it is not what will have ended it.
  setImmediate(() => {
    if (!connection.isEnding) connection.timedOut = false;
  });
}

function onError(this: object, error: Error): void {
  connectionAt(this)?.noteError(error);
}
