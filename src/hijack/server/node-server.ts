// The undocumented parts of Node's HTTP server that we rely on. self-test.ts checks that they exist.
import type { EventEmitter } from "node:events";
import { type IncomingMessage, Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** llhttp's parser, one for each connection. Node keeps a pool of them: only the methods survive a return to it. */
export interface Parser {
  /**
   * Called after the headers, with the request made of them. Returning 2 ends HTTP there: Node's path for 'upgrade'.
   */
  onIncoming: ((request: IncomingMessage, shouldKeepAlive: boolean) => number) | null;
  /** The request whose headers came last. */
  incoming: IncomingMessage | null;
  socket: Socket | null;
  execute(data: Buffer): number | Error;
  /** Names and values together. Node drops headers beyond it; 0 means no limit. */
  maxHeaderPairs: number;
  pause(): void;
  /** Ends a pause, in which the parser accepts nothing. */
  resume(): void;
  /** Returns an error unless the connection may end here. Changes nothing. */
  finish(): Error | undefined;
}

/** A socket as the HTTP server has prepared it. */
export interface HttpSocket extends Socket {
  parser?: Parser | null;
  /** The response whose turn it is. */
  _httpMessage?: ServerResponse | null;
  /** Whether Node has paused the parser because the client does not read its responses. */
  _paused?: boolean;
}

// oxlint-disable-next-line typescript/no-explicit-any -- as in EventEmitter
type Listener = (...parameters: any[]) => void;

let connectionListener: Listener | undefined;

/** Calls Node's own listener, as emitting 'connection' would call everyone's. */
export function startHttp(server: Server, socket: Socket): void {
  // Found by name, as instrumentation may put listeners before it. Not at the top level, as loading a module should do
  // nothing.
  connectionListener ??= listenerOf(new Server(), "connection", "connectionListener");
  connectionListener?.call(server, socket);
}

/** Node's listener for data that no handle feeds to the parser directly. It is there in that case, too. */
export function dataListener(socket: Socket): Listener | undefined {
  return listenerOf(socket, "data", "bound socketOnData");
}

function listenerOf(emitter: EventEmitter, event: string, name: string): Listener | undefined {
  return (emitter.listeners(event) as Listener[]).find((listener) => listener.name === name);
}

/** A minimal request that no server ever sees. */
export const ANY_REQUEST = "GET / HTTP/1.1\r\nHost: sockinfo\r\n\r\n";

/** An empty buffer with a non-null data pointer. The parser reads a null pointer as end of connection. */
export function noBytes(): Buffer {
  return Buffer.allocUnsafeSlow(1).subarray(0, 0);
}

/** Whether the message is complete and not a byte of another one has come. */
export function isBetweenMessages(parser: Parser): boolean {
  // A paused parser would always say yes. Node pauses it again if it has to.
  parser.resume();
  // After a parse error finish() says nothing, but execute() repeats the error.
  return typeof parser.execute(noBytes()) === "number" && parser.finish() === undefined;
}

/**
 * Stops reading until the client has read the answers that it has asked for, as Node does for each request. Node's own
 * listener for 'drain' starts again.
 */
export function pauseUntilDrain(socket: HttpSocket): void {
  socket._paused = true;
  socket.pause();
  socket.parser?.pause();
}

/**
 * When a connection closes, its parser goes back to Node's pool, for others. A socket that was read as a stream before
 * may still have buffered bytes then, and would pass them to that parser.
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
 * A new parser waits for a first message as long as `headersTimeout` allows, and then answers 408. One that has seen a
 * message is idle. So it gets one that no listener sees. Returns whether the parser has seen it.
 */
export function makeParserIdle(parser: Parser): boolean {
  const { onIncoming, socket } = parser;
  // Without a socket, Node does not make an instance of the server's own class of requests.
  parser.socket = null;
  let isSeen = false;
  parser.onIncoming = () => {
    isSeen = true;
    return 0;
  };
  parser.execute(Buffer.from(ANY_REQUEST));
  parser.onIncoming = onIncoming;
  parser.socket = socket;
  parser.incoming = null;
  return isSeen;
}

/** Only inside `onIncoming`. Node then keeps this mark only if the server has a listener for the Upgrade. */
export function asksForUpgrade(request: IncomingMessage): boolean {
  return (request as { upgrade?: boolean }).upgrade === true;
}

/** Puts a stream into the state before anyone read from it: the next listener for data makes it flow. */
export function resetFlow(socket: Socket): void {
  (socket as { readableFlowing: boolean | null }).readableFlowing = null;
}

interface Handle {
  reading?: boolean;
  readStart?: () => void;
}

/** Reads from the handle again, where Node had stopped that because the client does not read its responses. */
export function resumeHandle(socket: Socket): void {
  const { _handle: handle } = socket as { _handle?: Handle | null };
  if (handle?.reading !== false || !handle.readStart) return;
  handle.reading = true;
  handle.readStart();
}
