// Node lets go of a socket: its parser stops, its listeners go, and what is left of the bytes is given to us. This is the path that
// Node takes for an Upgrade, which we drive with a request of our own, that no listener of the server gets to see.
import { IncomingMessage, type Server } from "node:http";
import { dataListener, forgetParser, type HttpSocket, type Parser, resumeHandle, setUpgrade } from "./node-server";
import { noBytes } from "./node-parser";

/** Gets the bytes behind what was parsed; `undefined` where Node would not let go. Nothing of HTTP is on the socket then. */
export type OnDetached = (leftover: Buffer | undefined) => void;

/** What `onIncoming` answers to end HTTP behind the headers. */
export const STOP = 2;

/** For `onIncoming`, whose caller is given `STOP` next. `onDetached` is called when llhttp has stopped. */
export function detachBehindHeaders(server: Server, socket: HttpSocket, parser: Parser, onDetached: OnDetached): void {
  intercept(server, useDecoy(socket, parser), (leftover) => {
    freeSocket(socket);
    onDetached(leftover);
  });
}

/** At any other time, but never within llhttp: where it is then is where it stops. */
export function detachHere(server: Server, socket: HttpSocket, parser: Parser, onDetached: OnDetached): void {
  const onData = dataListener(socket);
  let leftover: Buffer | undefined;
  const restore = intercept(server, useDecoy(socket, parser), (rest) => (leftover = rest));
  // As Node does when the responses before have been taken from us.
  socket._paused = false;
  parser.resume();
  onData?.(noBytes());
  restore();
  if (leftover) freeSocket(socket);
  onDetached(leftover);
}

/** The request that Node will take for one that asked for an Upgrade. What is told of it by llhttp from now on, the true one is spared. */
function useDecoy(socket: HttpSocket, parser: Parser): IncomingMessage {
  const decoy = new IncomingMessage(socket);
  decoy.method = "GET";
  decoy.complete = true;
  setUpgrade(decoy, true);
  parser.incoming = decoy;
  return decoy;
}

/**
 * From now until Node has emitted 'upgrade' for `decoy`, which it does before any other code runs that is not its own.
 * Returns what ends it before.
 */
function intercept(server: Server, decoy: IncomingMessage, onUpgrade: (leftover: Buffer) => void): () => void {
  const restoreEmit = replace(server, "emit", (original) => (...parameters) => {
    // Event, request, socket, head.
    if (parameters[1] !== decoy) return original.apply(server, parameters);
    restore();
    onUpgrade(parameters[3]);
    return true;
  });
  // Newer versions destroy the socket where nobody listens.
  const restoreCount = replace(server, "listenerCount", (original) => (...parameters) => {
    return parameters[0] === "upgrade" ? 1 : original.apply(server, parameters);
  });
  let isOver = false;
  function restore(): void {
    if (isOver) return;
    isOver = true;
    restoreEmit();
    restoreCount();
  }
  return restore;
}

// oxlint-disable-next-line typescript/no-explicit-any -- as EventEmitter has them
type Method = (...parameters: any[]) => any;

/** Puts an own property before the method; returns what takes it away. */
function replace(server: Server, name: "emit" | "listenerCount", make: (original: Method) => Method): () => void {
  const own = Object.getOwnPropertyDescriptor(server, name);
  Object.defineProperty(server, name, { value: make(server[name]), configurable: true, writable: true });
  return () => {
    if (own) Object.defineProperty(server, name, own);
    else delete (server as Partial<Record<typeof name, unknown>>)[name];
  };
}

/** What Node's own path leaves on a socket: methods that guard the parser. */
function freeSocket(socket: HttpSocket): void {
  for (const guard of ["on", "addListener", "prependListener", "setEncoding"] as const) {
    delete (socket as Partial<HttpSocket>)[guard];
  }
  forgetParser(socket);
  // A connection whose responses were not taken had been told to read no more, by listeners that are gone.
  socket._paused = false;
  resumeHandle(socket);
}
