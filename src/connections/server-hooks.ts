// What is listened to on a server. Listeners come first in line: Node's own make sessions and parsers of a connection at once.
import type { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Server, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { httpOf, underTls } from "../core";
import { enterStream } from "./enter-socket";
import { forgetAddress } from "./endpoints";
import { connectionAt, connectionOfSocket, link } from "./find-connection";
import { watchSession, watchTlsSocket } from "./socket-hooks";

type Listener = Parameters<EventEmitter["on"]>[1];

/** Events whose listeners change what Node does: listened to only while somebody else does. */
const SHADOWED: Readonly<Record<string, Listener>> = {
  upgrade: onHandedOver,
  connect: onHandedOver,
  clientError: onClientError,
};

/** Marks them in all copies of this module that a process has: to each, those of another copy are nobody's. */
const kShadow = Symbol.for("sockinfo.shadow");
for (const listener of Object.values(SHADOWED)) Object.defineProperty(listener, kShadow, { value: true });

function isSomebodys(listener: object): boolean {
  return !(kShadow in listener);
}

/** What a server speaks on every connection; with TLS and HTTP/2 each negotiates. */
export function protocolOf(server: Server): string | undefined {
  const http = httpOf(server);
  return http === "h2" ? undefined : http;
}

/** Listens, until the function that it returns is called. */
export function watchServer(server: Server, onConnection: (socket: Socket) => void): () => void {
  const listeners: Record<string, Listener> = {
    listening: () => forgetAddress(server),
    connection: onConnection,
    secureConnection: (socket: TLSSocket) => onSecureConnection(socket, onConnection),
    tlsClientError: onClientError,
    session: watchSession,
    stream: onStream,
    newListener: shadow,
    removeListener: unshadow,
  };
  forgetAddress(server);
  for (const [event, listener] of Object.entries(listeners)) server.prependListener(event, listener);
  for (const event of Object.keys(SHADOWED)) shadow.call(server, event);
  return () => {
    for (const [event, listener] of Object.entries(listeners)) server.off(event, listener);
    for (const [event, listener] of Object.entries(SHADOWED)) server.off(event, listener);
  };
}

/** Before a listener of somebody else is added, or, at the start, because one is there. */
function shadow(this: EventEmitter, event: string | symbol, added?: Listener): void {
  const listener = SHADOWED[event as string];
  if (listener === undefined) return;
  const isThere = added === undefined ? this.listeners(event).some(isSomebodys) : isSomebodys(added);
  if (isThere && !this.listeners(event).includes(listener)) this.prependListener(event, listener);
}

/** After one was removed: ours must not stay behind alone. */
function unshadow(this: EventEmitter, event: string | symbol): void {
  const listener = SHADOWED[event as string];
  if (listener !== undefined && !this.listeners(event).some(isSomebodys)) this.off(event, listener);
}

function onSecureConnection(socket: TLSSocket, onConnection: (socket: Socket) => void): void {
  const connection = connectionAt(underTls(socket) ?? socket);
  if (connection) return watchTlsSocket(socket, connection);
  // Injected with its TLS already done.
  onConnection(socket);
}

function onStream(stream: ServerHttp2Stream): void {
  const session = stream.session as ServerHttp2Session | undefined;
  if (session === undefined || session.destroyed) return;
  const connection = connectionAt(session) ?? watchSession(session);
  if (connection === undefined) return;
  link(stream, connection);
  enterStream(stream);
  connection.requestStarted(stream);
  stream.once("close", () => {
    // A stream may close in order before it has said 'finish'.
    const isFinished = session.destroyed ? stream.writableFinished : stream.writableEnded;
    const isServed = stream.headersSent && isFinished && stream.rstCode === 0;
    // What the end of the session cut off stays in flight, as on HTTP/1. What the client gave up does not.
    if (isServed || !session.destroyed) connection.requestEnded(stream, isServed);
    if (!session.closed && !session.destroyed) connection.settle();
  });
}

/** Also called for CONNECT over HTTP/2, where a stream is handed over, not the connection. */
function onHandedOver(request: IncomingMessage | Http2ServerRequest): void {
  if (request.httpVersionMajor === 1) connectionOfSocket(request.socket)?.hijack();
}

function onClientError(error: Error, socket: Socket): void {
  connectionOfSocket(socket)?.noteClientError(error, socket);
}
