// Reports HTTP/1 requests and hijackings to their connections. Requests come from Node's diagnostics channels, and
// hijackings from those of sockinfo/hijack. The server's events would not do: there is none for Node's automatic
// answers, and listeners of some events ('checkContinue', 'upgrade') change what Node does.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { nextTick } from "node:process";
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

let followers = 0;

/** Trackers share one subscription, because the channels belong to the whole thread. */
export function followRequests(): void {
  if (followers++ > 0) return;
  for (const [name, listener] of CHANNELS) subscribe(name, listener);
}

export function unfollowRequests(): void {
  if (--followers > 0) return;
  for (const [name, listener] of CHANNELS) unsubscribe(name, listener);
}

function onStart(message: unknown): void {
  const { request, socket } = message as Message;
  const connection = connectionOfSocket(socket);
  if (connection === undefined) return;
  // On an adopted connection the accepted socket does not lead to the TLS socket, but the first request does.
  if (!connection.ownsSocket(socket)) watchTlsSocket(socket as TLSSocket, connection);
  connection.protocol = "http/1.1";
  connection.requestStarted(request);
}

function onFinish(message: unknown): void {
  const { request, socket } = message as Message;
  const connection = connectionOfSocket(socket);
  if (connection === undefined) return;
  connection.requestEnded(request, true);
  // If this was the last response of the connection, Node has ended the socket by the next tick.
  if (connection.requests.inFlight === 0) nextTick(becomeIdleAfterBody, connection, request);
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

/** Waits for the rest of an unread body, because until then the connection is not idle. */
function becomeIdleAfterBody(connection: ConnectionRecord, request: IncomingMessage): void {
  // On an adopted connection the next request may be a pipelined one that Node has not reported.
  if (!connection.isTracked || connection.writableEnded || isAnswering(connection.outerSocket)) return;
  if (request.complete) return connection.becomeIdle();
  const onEnd = () => {
    connection.stopAwaitingBody = undefined;
    connection.becomeIdle();
  };
  request.once("end", onEnd);
  connection.stopAwaitingBody = () => request.off("end", onEnd);
}
