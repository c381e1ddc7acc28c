// Starts HTTP again on a socket, in the state that a connection has after an answer.
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { type Enabling, HttpConnection } from "./http-connection";
import { makeParserIdle, pauseUntilDrain, resetFlow, startHttp, stopFeedingOnClose } from "./node-server";

export function giveBack(enabling: Enabling, socket: Socket, leftover: Uint8Array): void {
  const { server } = enabling;
  if (leftover.length > 0) socket.unshift(leftover);
  // Otherwise a socket would stay paused if its owner has paused it.
  resetFlow(socket);
  startHttp(server, socket);
  stopFeedingOnClose(socket);
  const connection = new HttpConnection(socket, enabling);
  if (connection.socket.parser) makeParserIdle(connection.socket.parser);
  connection.watch({ isIdle: true });
  if (socket.writableNeedDrain) {
    // Otherwise a client that does not read its answers could send requests without end.
    pauseUntilDrain(socket);
    socket.once("drain", () => startKeepAliveTimeout(server, socket));
  } else {
    startKeepAliveTimeout(server, socket);
  }
}

/** Does what Node does when a response has finished. Node 20 adds the same buffer, but has no property for it. */
function startKeepAliveTimeout(server: Server, socket: Socket): void {
  const { keepAliveTimeout, keepAliveTimeoutBuffer = 1000 } = server as { keepAliveTimeoutBuffer?: number } & Server;
  // An injected Duplex may not have this method.
  socket.setTimeout?.(keepAliveTimeout > 0 ? keepAliveTimeout + keepAliveTimeoutBuffer : server.timeout || 0);
}
