// What Node tells of the start of requests → the socket, entered into everything that they start. Comes before get-current-socket.ts.
import { AsyncResource, type AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2Server, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";

/** One for the process, however many copies of this module bundlers made. */
export interface SharedState {
  /** There while `getCurrentSocket()` is enabled. */
  storage: AsyncLocalStorage<Socket> | undefined;
  /** Whether what is entered while a resource runs is there again the next time that it does. */
  staysInResource: boolean;
  /** Calls of `enableCurrentSocket()` that were not taken back. */
  enabled: number;
  /** Undoes the subscriptions of the copy that made them. */
  stop: (() => void) | undefined;
}

// The number is that of SharedState's shape: copies of other versions must find this one, or their own.
const KEY = Symbol.for("sockinfo.getCurrentSocket.1");
const BOUND = Symbol.for("sockinfo.boundEvents.1");

export const shared: SharedState = ((globalThis as { [KEY]?: SharedState })[KEY] ??= {
  storage: undefined,
  staysInResource: false,
  enabled: 0,
  stop: undefined,
});

/** True of the storage of Node 20 and 22, false where AsyncContextFrame is behind it. */
export function staysInResource(storage: AsyncLocalStorage<Socket>): boolean {
  const resource = new AsyncResource("sockinfo.probe");
  const probe = {} as Socket;
  resource.runInAsyncScope(() => storage.enterWith(probe));
  return resource.runInAsyncScope(() => storage.getStore()) === probe;
}

/** Subscribes to the start of every request of this process; returns what undoes it. */
export function enterRequests(): () => void {
  subscribe("http.server.request.start", onRequest);
  subscribe("http2.server.stream.start", onStream);
  subscribe("tracing:net.server.listen:asyncStart", onListen);
  return () => {
    unsubscribe("http.server.request.start", onRequest);
    unsubscribe("http2.server.stream.start", onStream);
    unsubscribe("tracing:net.server.listen:asyncStart", onListen);
  };
}

/**
 * From here on, for what the running code starts, `getCurrentSocket()` is `socket`. So it is in the listeners of `emitters`, the request and
 * its response, whatever Node emits them from: what comes from the network later is not of what the request started.
 */
export function enterSocket(socket: Socket, ...emitters: EventEmitter[]): void {
  if (shared.storage === undefined) return;
  shared.storage.enterWith(socket);
  for (const emitter of emitters) bindEvents(emitter, socket);
}

function bindEvents(emitter: EventEmitter, socket: Socket): void {
  const { emit } = emitter;
  const value: typeof emit = function (this: EventEmitter, ...parameters) {
    const run = () => emit.apply(this, parameters);
    return shared.storage === undefined ? run() : shared.storage.run(socket, run);
  };
  // Not enumerable: a copy of a request's own properties must not get it.
  Object.defineProperty(emitter, "emit", { value, configurable: true, writable: true });
  Object.defineProperty(emitter, BOUND, { value: true });
}

/** The socket and not the request: of pipelined requests, one's events may run in what another one started. */
function onRequest(message: unknown): void {
  const { request, response, socket } = message as {
    request: IncomingMessage;
    response: ServerResponse;
    socket: Socket;
  };
  if (shared.staysInResource) enterConnection(socket);
  else enterSocket(socket, request, response);
}

/**
 * Where the parser of HTTP/1 keeps what was entered, all its events have it: the requests' own need no more. But when the client breaks
 * off, it is the socket's event that theirs come from.
 */
function enterConnection(socket: Socket & { [BOUND]?: true }): void {
  shared.storage?.enterWith(socket);
  if (socket[BOUND]) return;
  socket[BOUND] = true;
  socket.prependOnceListener("close", enterAgain);
}

function enterAgain(this: Socket): void {
  shared.storage?.enterWith(this);
}

function onStream(message: unknown): void {
  enterStream((message as { stream: ServerHttp2Stream }).stream);
}

/** Once for each stream, whoever tells of it. */
export function enterStream(stream: ServerHttp2Stream): void {
  // Without a session it was closed before Node came to tell of it.
  const { session } = stream;
  if (!(stream as { [BOUND]?: true })[BOUND] && session && !session.destroyed) enterSocket(session.socket, stream);
}

/** Node 20 does not tell of HTTP/2 streams, but of servers: of all of them, those of HTTP/2 have `updateSettings`. */
function onListen(message: unknown): void {
  const { server } = message as { server: Http2Server };
  if (typeof server.updateSettings !== "function") return;
  server.off("stream", onServerStream).prependListener("stream", onServerStream);
}

function onServerStream(this: Http2Server, stream: ServerHttp2Stream): void {
  if (shared.storage === undefined) this.off("stream", onServerStream);
  else enterStream(stream);
}
