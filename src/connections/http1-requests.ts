// Requests of HTTP/1, from Node's diagnostics channels, and what sockinfo/hijack does with them, from its own. Events of the server
// would not do: answers that Node gives by itself have none, and for some ('checkContinue', 'upgrade') the mere listener changes
// what Node does.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { HIJACK_CHANNEL, type HijackMessage, isAnswering, RELEASE_CHANNEL, type ReleaseMessage } from "../core";
import type { ConnectionRecord } from "./connection";
import { connectionOfSocket } from "./find-connection";
import { watchTlsSocket } from "./socket-hooks";

interface Message {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
}

const CHANNELS: readonly (readonly [name: string | symbol, listener: (message: unknown) => void])[] = [
  ["http.server.request.start", onStart],
  ["http.server.response.finish", onFinish],
  [HIJACK_CHANNEL, onHijack],
  [RELEASE_CHANNEL, onRelease],
];

let users = 0;

/** The channels are the process's: trackers share one subscription. */
export function followRequests(): void {
  if (users++ > 0) return;
  for (const [name, listener] of CHANNELS) subscribe(name, listener);
}

export function unfollowRequests(): void {
  if (--users > 0) return;
  for (const [name, listener] of CHANNELS) unsubscribe(name, listener);
}

function onStart(message: unknown): void {
  const { request, socket } = message as Message;
  const connection = connectionOfSocket(socket);
  if (connection === undefined) return;
  // Of an adopted connection: nothing leads there from the accepted socket.
  if (!connection.isOver(socket)) watchTlsSocket(socket as TLSSocket, connection);
  connection.protocol = "http/1.1";
  connection.requestStarted(request);
}

function onFinish(message: unknown): void {
  const { request, socket } = message as Message;
  const connection = connectionOfSocket(socket);
  if (connection === undefined) return;
  connection.requestEnded(request, true);
  // By then Node has ended the socket, if this response was the last.
  if (connection.requests.inFlight === 0) process.nextTick(settle, connection, request);
}

function onHijack(message: unknown): void {
  const { request, socket } = message as HijackMessage;
  const connection = connectionOfSocket(socket);
  if (connection === undefined) return;
  connection.requestEnded(request, false);
  connection.hijack();
}

function onRelease(message: unknown): void {
  connectionOfSocket((message as ReleaseMessage).socket)?.release();
}

/** Not idle while the rest of a body that nobody reads is still to come. */
function settle(connection: ConnectionRecord, request: IncomingMessage): void {
  // Of an adopted connection a pipelined request may be next that nobody has told of.
  if (connection.hasEnded || isAnswering(connection.outerSocket)) return;
  if (request.complete) connection.settle();
  else request.once("end", () => connection.settle());
}
