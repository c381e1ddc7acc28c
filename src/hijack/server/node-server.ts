// The undocumented parts of Node's HTTP server that we rely on. self-test.ts checks that they exist.
import type { EventEmitter } from "node:events";
import { type IncomingMessage, Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * llhttp's parser, one for each connection. Node keeps a pool of parsers. When a parser goes back to the pool, only
 * its methods stay the same.
 */
export interface Parser {
  /**
   * Called after the headers, with the request made from them. If it returns 2, HTTP ends there, and Node goes on as
   * for 'upgrade'.
   */
  onIncoming: ((request: IncomingMessage, shouldKeepAlive: boolean) => number) | null;
  /** The request whose headers came last. */
  incoming: IncomingMessage | null;
  socket: Socket | null;
  execute(data: Buffer): number | Error;
  /** Counts names and values together. Node drops headers beyond this limit; 0 means no limit. */
  maxHeaderPairs: number;
  pause(): void;
  /** Ends a pause. A paused parser accepts nothing. */
  resume(): void;
  /** Returns an error if the connection must not end here, in the middle of a message. Changes nothing. */
  finish(): Error | undefined;
}

/** A socket with the properties that Node's HTTP server sets. */
export interface HttpSocket extends Socket {
  parser?: Parser | null;
  /** The response that Node sends now. Those to later requests wait for it. */
  _httpMessage?: ServerResponse | null;
  /** Whether Node has paused the parser because the client does not read its responses. */
  _paused?: boolean;
}

// oxlint-disable-next-line typescript/no-explicit-any -- as in EventEmitter
type Listener = (...parameters: any[]) => void;

let connectionListener: Listener | undefined;

/** Calls Node's own listener only. Emitting 'connection' would call all listeners. */
export function startHttp(server: Server, socket: Socket): void {
  // Found by name, because instrumentation may put listeners before it. Found here and not at the top level of this
  // module, because loading a module should do nothing.
  connectionListener ??= listenerOf(new Server(), "connection", "connectionListener");
  connectionListener?.call(server, socket);
}

/**
 * Node's listener for data. It parses the data that the socket's handle does not pass to the parser directly. It
 * exists even if the handle passes all data.
 */
export function dataListener(socket: Socket): Listener | undefined {
  return listenerOf(socket, "data", "bound socketOnData");
}

function listenerOf(emitter: EventEmitter, event: string, name: string): Listener | undefined {
  return (emitter.listeners(event) as Listener[]).find((listener) => listener.name === name);
}

/** A minimal request that no server ever sees. */
export const MINIMAL_REQUEST = "GET / HTTP/1.1\r\nHost: sockinfo\r\n\r\n";

/** An empty buffer with a non-null data pointer. The parser reads a null pointer as end of connection. */
export function noBytes(): Buffer {
  return Buffer.allocUnsafeSlow(1).subarray(0, 0);
}

/** Whether the last message is complete and no byte of another one has come. */
export function isBetweenMessages(parser: Parser): boolean {
  // For a paused parser the result would always be true. Node pauses the parser again if necessary.
  parser.resume();
  // After a parse error finish() returns nothing, but execute() returns the error again.
  return typeof parser.execute(noBytes()) === "number" && parser.finish() === undefined;
}

/**
 * Stops reading until the client has read its answers, as Node does for each request. Node's own listener for 'drain'
 * starts reading again.
 */
export function pauseUntilDrain(socket: HttpSocket): void {
  socket._paused = true;
  socket.pause();
  socket.parser?.pause();
}

/**
 * When a connection closes, its parser goes back to Node's pool, and another connection may get it. A socket that its
 * owner has read as a stream may still have buffered bytes then, and would pass them to that parser.
 */
export function stopFeedingOnClose(socket: Socket): void {
  socket.prependListener("close", stopFeeding);
}

/** Undoes `stopFeedingOnClose`. */
export function keepFeedingOnClose(socket: Socket): void {
  socket.off("close", stopFeeding);
}

function stopFeeding(this: Socket): void {
  const onData = dataListener(this);
  if (onData) this.off("data", onData);
}

/**
 * Makes Node treat the parser as idle, by passing it a request that no listener sees. For a parser that has seen no
 * message, Node waits as long as `headersTimeout` allows, and then answers 408. Returns whether the parser has seen
 * the request.
 */
export function makeParserIdle(parser: Parser): boolean {
  const { onIncoming, socket } = parser;
  // With a socket, Node would make an instance of the server's own class of requests.
  parser.socket = null;
  let isSeen = false;
  parser.onIncoming = () => {
    isSeen = true;
    return 0;
  };
  parser.execute(Buffer.from(MINIMAL_REQUEST));
  parser.onIncoming = onIncoming;
  parser.socket = socket;
  parser.incoming = null;
  return isSeen;
}

/**
 * Call it only inside `onIncoming`. Afterwards Node keeps `request.upgrade` only if the server has a listener for the
 * Upgrade.
 */
export function asksForUpgrade(request: IncomingMessage): boolean {
  return (request as { upgrade?: boolean }).upgrade === true;
}

/** Puts a stream into the state before its first reader: the next listener for data makes it flow. */
export function resetFlow(socket: Socket): void {
  (socket as { readableFlowing: boolean | null }).readableFlowing = null;
}

interface Handle {
  reading?: boolean;
  readStart?: () => void;
}

/** Starts reading from the handle again, if Node has stopped because the client does not read its responses. */
export function resumeHandle(socket: Socket): void {
  const { _handle: handle } = socket as { _handle?: Handle | null };
  if (handle?.reading !== false || !handle.readStart) return;
  handle.reading = true;
  handle.readStart();
}
