// What of Node's HTTP server is used here that its documentation does not have. What hijacking can't do without is tried by
// self-test.ts.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { listenerOf } from "./node-parser";

/** llhttp's, one for each connection. All but the methods are forgotten when it goes back to Node's pool. */
export interface Parser {
  /** Makes a request of the headers. 2 ends HTTP behind them: Node's path for 'upgrade'. */
  onIncoming: ((request: IncomingMessage, shouldKeepAlive: boolean) => number) | null;
  /** The request whose headers came last. */
  incoming: IncomingMessage | null;
  socket: Socket | null;
  execute(data: Buffer): number | Error;
  /** After a pause, in which it takes nothing. */
  resume(): void;
  /** Whether all may end here: an error if not. Changes nothing. */
  finish(): Error | undefined;
}

/** A socket as the HTTP server has prepared it. */
export interface HttpSocket extends Socket {
  parser?: Parser | null;
  /** The response whose turn it is. */
  _httpMessage?: ServerResponse | null;
  /** Whether the parser stands still, as responses are not taken from us. */
  _paused?: boolean;
}

/** Node's listener for connections, which starts HTTP on a socket of its server, `this`. */
type ConnectionListener = (this: Server, socket: Socket) => void;

let connectionListener: ConnectionListener | undefined;

/** Without the event, of which others would hear, too. */
export function startHttp(server: Server, socket: Socket): void {
  // Not when this module is loaded: that should do nothing.
  connectionListener ??= createServer().listeners("connection")[0] as ConnectionListener | undefined;
  connectionListener?.call(server, socket);
}

/** Node's listener for data that no handle feeds to the parser directly; it is there in that case, too. */
export function dataListener(socket: Socket): ReturnType<typeof listenerOf> {
  return listenerOf(socket, "data", "bound socketOnData");
}

/** The least that is a request, and concerns nobody. */
export const ANY_REQUEST = "GET / HTTP/1.1\r\nHost: sockinfo\r\n\r\n";

/** Whether not a byte of another message has come behind one that is complete. */
export function isBetweenMessages(parser: Parser): boolean {
  // One that stands still would always say yes. Node stops it again where it has to be.
  parser.resume();
  return parser.finish() === undefined;
}

/**
 * With its connection a parser goes back to Node's pool, for others. What a socket had buffered by then, as one may that was read
 * as a stream before, would still be given to it.
 */
export function closeWithParser(socket: Socket): void {
  socket.prependListener("close", stopParsing);
}

/** Takes that back. */
export function forgetParser(socket: Socket): void {
  socket.off("close", stopParsing);
}

function stopParsing(this: Socket): void {
  const onData = dataListener(this);
  if (onData) this.off("data", onData);
}

/**
 * A new parser waits for a first message, for as long as `headersTimeout` allows, and then answers 408. One that has seen a message
 * is idle. So it is shown one that nobody hears of. Returns whether the parser has seen it.
 */
export function passMessage(parser: Parser): boolean {
  const { onIncoming, socket } = parser;
  // A server's own class of requests is not to be told either.
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

/** Whether llhttp stops behind a request. Where it stays with HTTP after all, Node drops what came behind it in the same segment. */
export function wantsUpgrade(request: IncomingMessage): boolean {
  return (request as { upgrade?: boolean }).upgrade === true;
}

/** Whether a request leaves HTTP, as Node sees it. */
export function setUpgrade(request: IncomingMessage, value: boolean): void {
  (request as { upgrade?: boolean }).upgrade = value;
}

/** As if nobody had ever read from it: the next listener for data makes it flow. Without one, what flows is lost. */
export function stopFlow(socket: Socket): void {
  (socket as { readableFlowing: boolean | null }).readableFlowing = null;
}

interface Handle {
  reading?: boolean;
  readStart?: () => void;
  readStop?: () => void;
}

/** The kernel keeps what comes from now on, the other side's end too. Streams without a handle give an end only to who reads. */
export function pauseHandle(socket: Socket): void {
  const { _handle: handle } = socket as { _handle?: Handle | null };
  if (!handle?.reading || !handle.readStop) return;
  handle.reading = false;
  handle.readStop();
}

export function resumeHandle(socket: Socket): void {
  const { _handle: handle } = socket as { _handle?: Handle | null };
  if (handle?.reading !== false || !handle.readStart) return;
  handle.reading = true;
  handle.readStart();
}
