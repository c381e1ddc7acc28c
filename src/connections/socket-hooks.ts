// Watches the objects of one connection: the accepted socket, the TLS socket and the HTTP/2 session over it, and the
// streams of that session.
import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { underSession, underTls } from "../core";
import type { ConnectionRecord } from "./connection";
import { connectionAt, link, linkThroughProxy, unlink } from "./find-connection";
import { MethodHook } from "./method-hook";

type Destroy = (this: object, error: Error | null, callback: (error?: Error | null) => void) => void;
type Goaway = (this: ServerHttp2Session, ...parameters: unknown[]) => void;

/**
 * Every way of ending a socket calls `_destroy` while the descriptor is open. Events come too late: on a reset, Node
 * closes the descriptor before it emits any. Node documents `_destroy` for implementers of streams, which override it
 * in a class. This hook overrides it on an instance.
 */
const destroyHook = new MethodHook<Destroy>("_destroy", function (error, callback) {
  const connection = connectionAt(this);
  // Under TLS the outer socket is destroyed first, and with the error.
  if (connection?.socket === this) connection.recordClose(error);
  else connection?.noteError(error);
  destroyHook.original(this).call(this, error, callback);
});

/** Node has no event for a GOAWAY that this side sends. It calls `goaway()` in `session.close()` too. */
const goawayHook = new MethodHook<Goaway>("goaway", function (...parameters) {
  goawayHook.original(this).apply(this, parameters);
  noteGoaway(this, "server");
});

/** Watches the accepted socket. The other objects come later, when Node makes them. */
export function watchConnection(connection: ConnectionRecord): void {
  const { socket } = connection;
  watchSocket(socket, connection);
  // Needed if no `_destroy` is called: a stream may have its own destroy(), and another library may remove our hook.
  socket.prependListener("close", onClose);
}

function watchSocket(socket: Socket, connection: ConnectionRecord): void {
  link(socket, connection);
  destroyHook.hook(socket);
  // Must run before Node's listener, which ends this side after the client's end. On an adopted connection, Node's
  // listener is there already.
  socket.prependListener("end", onEnd);
  socket.prependListener("timeout", onTimeout);
}

/** Removes every listener, hook and link of the connection. The record keeps its data. */
export function unwatchConnection(connection: ConnectionRecord): void {
  const { socket, tlsSocket, http2Session, answering } = connection;
  unwatchSocket(socket, connection);
  socket.off("close", onClose);
  // From the outermost TLS socket inwards, because TLS may run over TLS.
  for (let outer: object | undefined = tlsSocket; outer && outer !== socket; outer = underTls(outer)) {
    unwatchSocket(outer as Socket, connection);
  }
  if (http2Session) unwatchSession(http2Session, connection);
  for (const request of answering) unwatchStream(request as ServerHttp2Stream, connection);
  connection.stopAwaitingBody?.();
}

function unwatchSocket(socket: Socket, connection: ConnectionRecord): void {
  unlink(socket, connection);
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

/**
 * Watches a session and returns its connection. The session's proxy of the socket leads to the connection, unless a
 * Duplex was injected.
 */
export function watchSession(session: ServerHttp2Session): ConnectionRecord | undefined {
  if (session.destroyed) return undefined;
  const { socket } = session;
  // If an adopted connection runs over TLS, only its accepted socket is linked.
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

function unwatchSession(session: ServerHttp2Session, connection: ConnectionRecord): void {
  unlink(session, connection);
  session.off("timeout", onTimeout);
  session.off("goaway", onGoaway);
  session.off("error", onError);
  goawayHook.unhook(session);
}

/** Each open stream's listener of 'close'. It refers to the session, because by then the stream no longer does. */
const closeListeners = new WeakMap<ServerHttp2Stream, () => void>();

/** Watches a stream of HTTP/2, which counts as a request from now until it closes. */
export function watchStream(
  stream: ServerHttp2Stream,
  session: ServerHttp2Session,
  connection: ConnectionRecord,
): void {
  link(stream, connection);
  const onStreamClose = () => {
    // A stream that ends in order may close before it has emitted 'finish'.
    const isFinished = session.destroyed ? stream.writableFinished : stream.writableEnded;
    const isServed = stream.headersSent && isFinished && stream.rstCode === 0;
    // If the end of the session cut a stream off, the stream stays in flight, as on HTTP/1. If the stream alone was
    // reset, it does not.
    if (isServed || !session.destroyed) connection.requestEnded(stream, isServed);
    if (!session.closed && !session.destroyed) connection.becomeIdle();
  };
  closeListeners.set(stream, onStreamClose);
  stream.once("close", onStreamClose);
  // This comes last, because a listener of "active" may close the tracker.
  connection.requestStarted(stream);
}

function unwatchStream(stream: ServerHttp2Stream, connection: ConnectionRecord): void {
  const listener = closeListeners.get(stream);
  if (listener === undefined) return;
  stream.off("close", listener);
  unlink(stream, connection);
}

function onEnd(this: Socket): void {
  const connection = connectionAt(this);
  if (connection === undefined) return;
  const hasBegun = this.writableEnded || connection.firstToSendGoaway === "server";
  connection.firstToEnd ??= hasBegun ? "server" : "client";
}

/** After the client's GOAWAY, this side only ends the socket in answer, so the client counts as the first to end. */
function onGoaway(this: ServerHttp2Session): void {
  noteGoaway(this, "client");
  const connection = connectionAt(this);
  if (connection) connection.firstToEnd ??= connection.firstToSendGoaway;
}

function noteGoaway(session: ServerHttp2Session, side: "client" | "server"): void {
  const connection = connectionAt(session);
  if (connection) connection.firstToSendGoaway ??= side;
}

function onClose(this: object): void {
  connectionAt(this)?.recordClose(null);
}

function onTimeout(this: object): void {
  const connection = connectionAt(this);
  if (connection === undefined) return;
  connection.timedOut = true;
  // A listener may let the connection live. Then the time limit is not the reason for a later end.
  setImmediate(() => {
    if (!connection.isEnding) connection.timedOut = false;
  });
}

function onError(this: object, error: Error): void {
  connectionAt(this)?.noteError(error);
}
