// Checks that this Node has the undocumented parts that sockinfo/hijack needs, by using them on streams in memory.
// Other code notices nothing: no server emits an event, and nothing is published on a diagnostics channel.
import { OutgoingMessage, Server, ServerResponse } from "node:http";
import { Duplex } from "node:stream";
import { detachAfterHeaders, detachBetweenMessages, STOP } from "./detach";
import {
  MINIMAL_REQUEST,
  dataListener,
  type HttpSocket,
  isBetweenMessages,
  makeParserIdle,
  startHttp,
} from "./node-server";

/** Returns what is missing, or `undefined`. */
export function findMissing(): string | undefined {
  try {
    return (
      checkEarlyDetach() ??
      checkLateDetach() ??
      checkNextRequestIsSeen() ??
      checkResponseTurn() ??
      checkIdleParser() ??
      checkErrorIsSeen()
    );
  } catch (error) {
    return `the self-test threw ${String(error)}`;
  }
}

/** After an early hijack, all bytes after the headers are left. */
function checkEarlyDetach(): string | undefined {
  const { server, socket, parser, feed } = start();
  if (typeof parser?.onIncoming !== "function") return "socket.parser.onIncoming";
  if (typeof parser.maxHeaderPairs !== "number") return "socket.parser.maxHeaderPairs";
  if (!feed) return "the listener of its HTTP server for data";
  let leftover: Buffer | undefined;
  parser.onIncoming = () => {
    detachAfterHeaders(server, socket, parser, (rest) => (leftover = rest));
    return STOP;
  };
  feed(Buffer.from(`${MINIMAL_REQUEST}left`));
  if (leftover?.toString() !== "left") return "the way in which its HTTP server hands a connection over";
  return isFreeOfHttp(socket) ? undefined : "the way in which its HTTP server leaves a connection";
}

/** For a late hijack, the parser can be stopped where it is, between two messages. */
function checkLateDetach(): string | undefined {
  const { server, socket, parser, feed } = start();
  if (!parser || !feed) return "socket.parser";
  parser.onIncoming = () => 0;
  feed(Buffer.from(MINIMAL_REQUEST));
  if (parser.incoming?.complete !== true) return "parser.incoming";
  if (!isBetweenMessages(parser)) return "parser.finish(), which shows that a message is complete";
  let leftover: Buffer | undefined;
  detachBetweenMessages(server, socket, parser, (rest) => (leftover = rest));
  return leftover?.length === 0 && isFreeOfHttp(socket) ? undefined : "the way in which its HTTP server stops a parser";
}

/** isBetweenMessages() notices the beginning of a next request, and changes nothing. */
function checkNextRequestIsSeen(): string | undefined {
  const { parser, feed } = start();
  if (!parser || !feed) return "socket.parser";
  let requests = 0;
  parser.onIncoming = () => (requests++, 0);
  feed(Buffer.from(`${MINIMAL_REQUEST}G`));
  const hasSeen = !isBetweenMessages(parser);
  feed(Buffer.from(MINIMAL_REQUEST.slice(1)));
  return hasSeen && requests === 2 ? undefined : "parser.finish(), which shows that a message has begun";
}

/** isBetweenMessages() is false for a parser that has refused something. */
function checkErrorIsSeen(): string | undefined {
  const { parser } = start();
  if (!parser) return "socket.parser";
  parser.onIncoming = () => 0;
  // Node's listener would emit 'clientError'.
  parser.execute(Buffer.from(`${MINIMAL_REQUEST}\0`));
  return isBetweenMessages(parser) ? "parser.execute(), which repeats an error" : undefined;
}

/** `socket._httpMessage` is the response that Node sends now, and detachSocket() removes it. */
function checkResponseTurn(): string | undefined {
  const { socket } = start();
  // Node publishes the creation of a ServerResponse on a diagnostics channel.
  const response = new OutgoingMessage() as ServerResponse;
  const { assignSocket, detachSocket } = ServerResponse.prototype;
  assignSocket.call(response, socket);
  if (socket._httpMessage !== response) return "socket._httpMessage";
  detachSocket.call(response, socket);
  return socket._httpMessage ? "response.detachSocket()" : undefined;
}

/** The parser of a released connection can be made idle, and works afterwards. */
function checkIdleParser(): string | undefined {
  const { parser, feed } = start();
  if (!parser || !feed) return "socket.parser";
  let requests = 0;
  parser.onIncoming = () => (requests++, 0);
  const isIdle = makeParserIdle(parser) && isBetweenMessages(parser);
  feed(Buffer.from(MINIMAL_REQUEST));
  return isIdle && requests === 1 ? undefined : "parser.execute(), which makes the parser idle";
}

function start() {
  const server = new Server();
  const socket = new Duplex({ read() {}, write: (_data, _encoding, callback) => callback() }) as HttpSocket;
  startHttp(server, socket);
  return { server, socket, parser: socket.parser, feed: dataListener(socket) };
}

/** Whether nothing of Node's HTTP server is left that would end, close or time out a connection. */
function isFreeOfHttp(socket: HttpSocket): boolean {
  const events = ["data", "end", "close", "drain", "error", "timeout"];
  return !socket.parser && !events.some((event) => hasHttpListener(socket, event));
}

function hasHttpListener(socket: HttpSocket, event: string): boolean {
  return socket.listeners(event).some(({ name }) => /socketOn/.test(name));
}
