// Enters the socket of each request into an AsyncLocalStorage when Node reports the start of the request.
import { AsyncResource, type AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2Server, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { defineHidden, httpOf } from "../core";

/** One object for each thread, however many copies of this module bundlers have made. */
export interface SharedState {
  /** Defined while `getCurrentSocket()` is enabled. */
  storage: AsyncLocalStorage<Socket> | undefined;
  /** Whether a store that is entered while a resource runs is current again when that resource runs next. */
  staysInResource: boolean;
  /** The number of `enableCurrentSocket()` calls that are not closed. */
  openCalls: number;
  /** Removes the subscriptions. It belongs to the copy of this module that made them. */
  stop: (() => void) | undefined;
}

// The number is the version of SharedState's shape. A copy with another shape must not find this object.
const KEY = Symbol.for("sockinfo.getCurrentSocket.1");
const BOUND = Symbol.for("sockinfo.boundEvents.1");

export const shared: SharedState = ((globalThis as { [KEY]?: SharedState })[KEY] ??= {
  storage: undefined,
  staysInResource: false,
  openCalls: 0,
  stop: undefined,
});

/** True on Node 20 and 22, false where AsyncLocalStorage is based on AsyncContextFrame. */
export function staysInResource(storage: AsyncLocalStorage<Socket>): boolean {
  const resource = new AsyncResource("sockinfo.probe");
  const probe = {} as Socket;
  resource.runInAsyncScope(() => storage.enterWith(probe));
  return resource.runInAsyncScope(() => storage.getStore()) === probe;
}

const FEW_REFERENCES = 100;

/** Subscribes to the start of every request in this thread. Returns a function that undoes it. */
export function enterRequests(): () => void {
  const known = new WeakSet<Http2Server>();
  let http2Servers: WeakRef<Http2Server>[] = [];
  /** With more than this, the references to collected servers are removed. It doubles, so most servers cost no search. */
  let referencesLimit = FEW_REFERENCES;

  /** For Node 20, which does not report HTTP/2 streams, but reports every server that begins to listen. */
  function onListen(message: unknown): void {
    const { server } = message as { server: Http2Server };
    if (!httpOf(server)?.startsWith("h2")) return;
    server.off("stream", enterStream).prependListener("stream", enterStream);
    if (known.has(server)) return;
    known.add(server);
    http2Servers.push(new WeakRef(server));
    if (http2Servers.length <= referencesLimit) return;
    http2Servers = http2Servers.filter((reference) => reference.deref() !== undefined);
    referencesLimit = Math.max(FEW_REFERENCES, 2 * http2Servers.length);
  }

  subscribe("http.server.request.start", onRequest);
  subscribe("http2.server.stream.start", onStream);
  subscribe("tracing:net.server.listen:asyncStart", onListen);
  return () => {
    unsubscribe("http.server.request.start", onRequest);
    unsubscribe("http2.server.stream.start", onStream);
    unsubscribe("tracing:net.server.listen:asyncStart", onListen);
    for (const reference of http2Servers) reference.deref()?.off("stream", enterStream);
  };
}

/**
 * Makes `socket` current for all that the running code starts from here on. Listeners of `emitters` (the request and
 * its response) also see it, whatever calls them. Later events of these come from callbacks of the network, which the
 * request did not start.
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
  // Not enumerable, so that code that copies a request's own properties does not copy this one.
  defineHidden(emitter, "emit", value);
}

/**
 * Enters the socket and not the request, because an event of one pipelined request may run in code that another one
 * started.
 */
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
 * For Node 20 and 22, where the HTTP/1 parser keeps the store, so that all its events have it. If the client breaks a
 * request off, the events of that request come from the socket's 'close' instead. So that event needs the store too.
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

/** Does nothing when it is called again for the same stream. */
export function enterStream(stream: ServerHttp2Stream): void {
  // A stream without a session was closed before Node reported it.
  const { session } = stream;
  if (shared.storage === undefined || (stream as { [BOUND]?: true })[BOUND] || !session || session.destroyed) return;
  defineHidden(stream, BOUND, true);
  enterSocket(session.socket, stream);
}
