// Whether this Node has inside what sockinfo/hijack needs, found out by doing it: on streams in memory, without a request that
// anybody could hear of.
import { createServer, IncomingMessage, ServerResponse } from "node:http";
import { Duplex } from "node:stream";
import { detachBehindHeaders, detachHere, STOP } from "./detach";
import { ANY_REQUEST, dataListener, type HttpSocket, isBetweenMessages, passMessage, startHttp } from "./node-server";

/** What is missing; `undefined` if nothing is. */
export function findMissing(): string | undefined {
  try {
    return missingBehindHeaders() ?? missingHere() ?? missingSight() ?? missingTurn() ?? missingPass();
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
  feed(Buffer.from(`${ANY_REQUEST}left`));
  if (leftover?.toString() !== "left") return "the way in which its HTTP server hands a connection over";
  return isBare(socket) ? undefined : "the way in which its HTTP server lets go of a connection";
}

/** One that takes its time does: where the parser is, behind all that has come, is where it stops. */
function missingHere(): string | undefined {
  const { server, socket, parser, feed } = start();
  if (!parser || !feed) return "socket.parser";
  parser.onIncoming = () => 0;
  feed(Buffer.from(ANY_REQUEST));
  if (parser.incoming?.complete !== true) return "parser.incoming";
  if (!isBetweenMessages(parser)) return "parser.finish(), which says when a message is complete";
  let leftover: Buffer | undefined;
  detachHere(server, socket, parser, (rest) => (leftover = rest));
  return leftover?.length === 0 && isBare(socket) ? undefined : "the way in which its HTTP server stops a parser";
}

/** What is parsed behind a request is noticed, and nothing is changed by looking. */
function missingSight(): string | undefined {
  const { parser, feed } = start();
  if (!parser || !feed) return "socket.parser";
  let requests = 0;
  parser.onIncoming = () => (requests++, 0);
  feed(Buffer.from(`${ANY_REQUEST}G`));
  const hasSeen = !isBetweenMessages(parser);
  feed(Buffer.from(ANY_REQUEST.slice(1)));
  return hasSeen && requests === 2 ? undefined : "parser.finish(), which says when a message has begun";
}

/** Whose turn it is to answer is seen, and a response can be taken off its socket. */
function missingTurn(): string | undefined {
  const { socket } = start();
  const response = new ServerResponse(new IncomingMessage(socket));
  response.assignSocket(socket);
  if (socket._httpMessage !== response) return "socket._httpMessage";
  response.detachSocket(socket);
  if (socket._httpMessage) return "response.detachSocket()";
  return "_addHeaderLines" in response.req ? undefined : "request._addHeaderLines(), for trailers";
}

/** A parser of a connection that is given back is made idle, and then works as any. */
function missingPass(): string | undefined {
  const { parser, feed } = start();
  if (!parser || !feed) return "socket.parser";
  let requests = 0;
  parser.onIncoming = () => (requests++, 0);
  const hasPassed = passMessage(parser) && isBetweenMessages(parser);
  feed(Buffer.from(ANY_REQUEST));
  return hasPassed && requests === 1 ? undefined : "parser.execute(), which makes it idle";
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
