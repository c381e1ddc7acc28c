// HTTP starts again on a socket, in the state that a connection has after an answer.
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { HttpConnection } from "./http-connection";
import { type HttpSocket, makeParserIdle, startHttp, stopFeedingOnClose, stopFlow } from "./node-server";

export function giveBack(server: Server, socket: Socket, leftover: Uint8Array): void {
  if (leftover.length > 0) socket.unshift(leftover);
  // A socket that was paused by hand would stay paused.
  stopFlow(socket);
  startHttp(server, socket);
  stopFeedingOnClose(socket);
  limitIdleness(server, socket);
  new HttpConnection(socket, server).watch({ isIdle: true });
}

/** As Node does when a response has finished. Node 20 has the buffer, but no property of that name. */
function limitIdleness(server: Server, socket: HttpSocket): void {
  const { keepAliveTimeout, keepAliveTimeoutBuffer = 1000 } = server as { keepAliveTimeoutBuffer?: number } & Server;
  socket.setTimeout?.(keepAliveTimeout > 0 ? keepAliveTimeout + keepAliveTimeoutBuffer : server.timeout || 0);
  if (socket.parser) makeParserIdle(socket.parser);
}
