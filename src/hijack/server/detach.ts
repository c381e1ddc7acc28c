// Makes Node hand a socket over: the parser stops, Node removes its listeners, and we get the bytes that were not
// parsed. Node does all this for an Upgrade. We make Node do the same with a decoy request, which no listener of the
// server sees.
import { IncomingMessage, type Server } from "node:http";
import { defineHidden, ownDescriptor } from "../../core";
import { dataListener, type HttpSocket, keepFeedingOnClose, noBytes, type Parser, resumeHandle } from "./node-server";

/**
 * Called with the bytes after those that were parsed, once HTTP has left the socket. Called with `undefined` if Node
 * did not hand the socket over.
 */
export type OnDetached = (leftover: Buffer | undefined) => void;

/** `onIncoming` returns this to end HTTP after the headers. */
export const STOP = 2;

/** Call it only inside `onIncoming`, which must then return `STOP`. Calls `onDetached` once llhttp has stopped. */
export function detachAfterHeaders(server: Server, socket: HttpSocket, parser: Parser, onDetached: OnDetached): void {
  intercept(server, useDecoy(socket, parser), (leftover) => {
    freeSocket(socket);
    onDetached(leftover);
  });
}

/** Call it only between messages, and never while llhttp is on the stack. */
export function detachBetweenMessages(
  server: Server,
  socket: HttpSocket,
  parser: Parser,
  onDetached: OnDetached,
): void {
  const onData = dataListener(socket);
  let leftover: Buffer | undefined;
  const restore = intercept(server, useDecoy(socket, parser), (rest) => (leftover = rest));
  // Ends a pause as Node does once the client has read its responses.
  socket._paused = false;
  parser.resume();
  onData?.(noBytes());
  restore();
  if (leftover) freeSocket(socket);
  onDetached(leftover);
}

/**
 * A decoy that Node treats as an Upgrade request. From now on llhttp's callbacks reach the decoy, not the real
 * request.
 */
function useDecoy(socket: HttpSocket, parser: Parser): IncomingMessage {
  const decoy = new IncomingMessage(socket);
  decoy.method = "GET";
  decoy.complete = true;
  (decoy as { upgrade?: boolean }).upgrade = true;
  parser.incoming = decoy;
  return decoy;
}

/**
 * Catches the 'upgrade' event that Node emits for `decoy`. Node emits it before any other code runs. Returns a
 * function that removes the trap.
 */
function intercept(server: Server, decoy: IncomingMessage, onUpgrade: (leftover: Buffer) => void): () => void {
  const restoreEmit = replace(server, "emit", (original) => (...parameters) => {
    // The parameters are: event, request, socket, head.
    if (parameters[1] !== decoy) return original.apply(server, parameters);
    restore();
    onUpgrade(parameters[3]);
    return true;
  });
  // Newer versions of Node destroy the socket if there is no listener.
  const restoreCount = replace(server, "listenerCount", (original) => (...parameters) => {
    return parameters[0] === "upgrade" ? 1 : original.apply(server, parameters);
  });
  let isRestored = false;
  function restore(): void {
    if (isRestored) return;
    isRestored = true;
    restoreEmit();
    restoreCount();
  }
  return restore;
}

// oxlint-disable-next-line typescript/no-explicit-any -- as in EventEmitter
type Method = (...parameters: any[]) => any;

/** Shadows the method with an own property of the server. Returns a function that undoes this. */
function replace(server: Server, name: "emit" | "listenerCount", make: (original: Method) => Method): () => void {
  const own = ownDescriptor(server, name);
  defineHidden(server, name, make(server[name]));
  return () => {
    if (own) Object.defineProperty(server, name, own);
    else delete (server as Partial<Record<typeof name, unknown>>)[name];
  };
}

/** Removes what Node leaves on a socket after an Upgrade: methods that guard the parser, and a stopped handle. */
function freeSocket(socket: HttpSocket): void {
  for (const guard of ["on", "addListener", "prependListener", "setEncoding"] as const) {
    delete (socket as Partial<HttpSocket>)[guard];
  }
  keepFeedingOnClose(socket);
  // Node may have stopped reading because the client did not read its responses. The listeners that would start it
  // again are gone.
  socket._paused = false;
  resumeHandle(socket);
}
