// 403 to who may not enter, without looking at what it asks for. Used by allow-peers.ts.
import http2, { type Http2Server } from "node:http2";
import type { Socket } from "node:net";

/** For the client to get the answer and go: a socket that is closed with bytes unread takes back what it has sent. */
const LINGER_MS = 1000;

export function answerForbidden(socket: Socket, isHttp2: boolean): void {
  socket.on("error", ignore);
  endWithin(socket, LINGER_MS);
  if (isHttp2) return void answeringServer().emit("connection", socket);
  // Whatever the request is, or will be: a body would not go with the answer to HEAD.
  const head = [
    "HTTP/1.1 403 Forbidden",
    `Date: ${new Date().toUTCString()}`,
    "Content-Length: 0",
    "Connection: close",
  ];
  socket.resume().end(`${head.join("\r\n")}\r\n\r\n`);
}

export function endWithin(socket: Socket, milliseconds: number): void {
  const timer = setTimeout(() => socket.destroy(), milliseconds).unref();
  socket.once("close", () => clearTimeout(timer));
}

function ignore(): void {}

let server: Http2Server | undefined;

/** Never listens. One for all. */
function answeringServer(): Http2Server {
  server ??= http2
    .createServer()
    .on("stream", (stream) => {
      stream.on("error", ignore);
      stream.respond({ ":status": 403 }, { endStream: true });
      stream.session?.close();
    })
    .on("session", (session) => session.on("error", ignore))
    .on("sessionError", ignore);
  return server;
}
