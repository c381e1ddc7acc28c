// Whether this Node has inside what sockinfo/hijack needs, found out by doing it: on streams in memory, without a request that
// anybody could hear of.
import { createServer } from "node:http";
import { Duplex } from "node:stream";
import { detachBehindHeaders, detachHere, STOP } from "./detach";
import { dataListener, type HttpSocket, startHttp } from "./server-parser";

const HEAD = "GET / HTTP/1.1\r\nHost: sockinfo\r\n\r\n";

/** What is missing; `undefined` if nothing is. */
export function findMissing(): string | undefined {
  try {
    return missingBehindHeaders() ?? missingHere();
  } catch (error) {
    return `its HTTP server is of another make: ${String(error)}`;
  }
}

/** A handler hijacks at once: all behind the headers is left. */
function missingBehindHeaders(): string | undefined {
  const { server, socket, parser, feed } = start();
  if (typeof parser?.onIncoming !== "function") return "socket.parser.onIncoming";
  if (!feed) return "the listener of its HTTP server for data";
  let leftover: Buffer | undefined;
  parser.onIncoming = () => {
    detachBehindHeaders(server, socket, parser, (rest) => (leftover = rest));
    return STOP;
  };
  feed(Buffer.from(`${HEAD}left`));
  if (leftover?.toString() !== "left") return "the way in which its HTTP server hands a connection over";
  return isBare(socket) ? undefined : "the way in which its HTTP server lets go of a connection";
}

/** One that takes its time does: where the parser is, behind all that has come, is where it stops. */
function missingHere(): string | undefined {
  const { server, socket, parser, feed } = start();
  if (!parser || !feed) return "socket.parser";
  const { kOnMessageBegin } = parser.constructor;
  if (typeof kOnMessageBegin !== "number") return "HTTPParser.kOnMessageBegin";
  let begun = 0;
  parser.onIncoming = () => 0;
  parser[kOnMessageBegin] = () => begun++;
  feed(Buffer.from(HEAD));
  const { incoming } = parser;
  if (begun !== 1 || incoming?.complete !== true) return "parser.incoming";
  let leftover: Buffer | undefined;
  detachHere(server, socket, parser, (rest) => (leftover = rest));
  return leftover?.length === 0 && isBare(socket) ? undefined : "the way in which its HTTP server stops a parser";
}

function start() {
  const server = createServer();
  const socket = new Duplex({ read() {}, write: (_data, _encoding, callback) => callback() }) as HttpSocket;
  startHttp(server, socket);
  return { server, socket, parser: socket.parser, feed: dataListener(socket) };
}

/** Without what would end, close or time out a connection that somebody else owns. */
function isBare(socket: HttpSocket): boolean {
  const events = ["data", "end", "close", "drain", "error", "timeout"];
  return !socket.parser && !events.some((event) => hasListenerOfHttp(socket, event));
}

function hasListenerOfHttp(socket: HttpSocket, event: string): boolean {
  return socket.listeners(event).some(({ name }) => /socketOn/.test(name));
}
