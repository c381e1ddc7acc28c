// Listens to the events of one server. Our listeners run before Node's, because Node's immediately make a session or a
// parser for each connection.
import type { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { underTls } from "../core";
import { enterStream } from "./enter-socket";
import { connectionAt, connectionOfSocket } from "./find-connection";
import type { FollowedServer } from "./followed-server";
import { watchSession, watchStream, watchTlsSocket } from "./socket-hooks";

type Listener = Parameters<EventEmitter["on"]>[1];

/**
 * For events where the mere presence of a listener changes what Node does. Each listener is on the server only while
 * other code listens for the event too.
 */
const PASSIVE_LISTENERS: Readonly<Record<string, Listener>> = {
  upgrade: onHandedOver,
  connect: onHandedOver,
  clientError: onClientError,
};

/** Marks the passive listeners of all copies of this module, so that copies do not count each other's. */
const kPassive = Symbol.for("sockinfo.passiveListener");
for (const listener of Object.values(PASSIVE_LISTENERS)) Object.defineProperty(listener, kPassive, { value: true });

function isActive(listener: object): boolean {
  return !(kPassive in listener);
}

/** Returns a function that removes all listeners. */
export function watchServer(followed: FollowedServer, onConnection: (socket: Socket) => void): () => void {
  const { server } = followed;
  const listeners: Record<string, Listener> = {
    listening: () => followed.forgetListener(),
    connection: onConnection,
    secureConnection: (socket: TLSSocket) => onSecureConnection(socket, onConnection),
    tlsClientError: onClientError,
    session: watchSession,
    stream: onStream,
    newListener: addPassiveListener,
    removeListener: removePassiveListener,
  };
  for (const [event, listener] of Object.entries(listeners)) server.prependListener(event, listener);
  for (const event of Object.keys(PASSIVE_LISTENERS)) addPassiveListener.call(server, event);
  return () => {
    for (const [event, listener] of Object.entries(listeners)) server.off(event, listener);
    for (const [event, listener] of Object.entries(PASSIVE_LISTENERS)) server.off(event, listener);
  };
}

/** Called before another listener (`added`) is added. Without `added`, it looks at the listeners that are there. */
function addPassiveListener(this: EventEmitter, event: string | symbol, added?: Listener): void {
  const listener = PASSIVE_LISTENERS[event as string];
  if (listener === undefined) return;
  const isNeeded = added === undefined ? this.listeners(event).some(isActive) : isActive(added);
  if (isNeeded && !this.listeners(event).includes(listener)) this.prependListener(event, listener);
}

/** Called after a listener was removed. Our listener must not be the only one left. */
function removePassiveListener(this: EventEmitter, event: string | symbol): void {
  const listener = PASSIVE_LISTENERS[event as string];
  if (listener !== undefined && !this.listeners(event).some(isActive)) this.off(event, listener);
}

function onSecureConnection(socket: TLSSocket, onConnection: (socket: Socket) => void): void {
  const connection = connectionAt(underTls(socket) ?? socket);
  if (connection) return watchTlsSocket(socket, connection);
  // The TLS socket was injected, with its handshake already done.
  onConnection(socket);
}

function onStream(stream: ServerHttp2Stream): void {
  const session = stream.session as ServerHttp2Session | undefined;
  if (session === undefined || session.destroyed) return;
  const connection = connectionAt(session) ?? watchSession(session);
  if (connection === undefined) return;
  enterStream(stream);
  watchStream(stream, session, connection);
}

/** Also called for CONNECT over HTTP/2, which hands over a stream and not the connection. */
function onHandedOver(request: IncomingMessage | Http2ServerRequest): void {
  if (request.httpVersionMajor === 1) connectionOfSocket(request.socket)?.hijack();
}

function onClientError(error: Error, socket: Socket): void {
  connectionOfSocket(socket)?.noteClientError(error, socket);
}
