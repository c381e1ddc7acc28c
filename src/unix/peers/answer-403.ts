// Answers 403 to a refused peer without reading its request.
import type { Http2Server } from "node:http2";
import type { Socket } from "node:net";

/**
 * The time for the client to read the answer and close. If we closed a socket that has unread bytes, the answer could
 * get lost.
 */
const LINGER_MS = 1000;

export function answer403(socket: Socket, isHttp2: boolean): void {
  socket.on("error", ignore);
  destroyAfter(socket, LINGER_MS);
  if (isHttp2) return void answeringServer().emit("connection", socket);
  // This answer fits every request, even one that has not come yet. It has no body, because the answer to HEAD can't
  // have one.
  const head = [
    "HTTP/1.1 403 Forbidden",
    `Date: ${new Date().toUTCString()}`,
    "Content-Length: 0",
    "Connection: close",
  ];
  socket.resume().end(`${head.join("\r\n")}\r\n\r\n`);
}

export function destroyAfter(socket: Socket, milliseconds: number): void {
  const timer = setTimeout(() => socket.destroy(), milliseconds).unref();
  socket.once("close", () => clearTimeout(timer));
}

function ignore(): void {}

let server: Http2Server | undefined;

/** Answers 403 to every stream of HTTP/2. Never listens, and serves all gates. */
function answeringServer(): Http2Server {
  return (server ??= createAnsweringServer());
}

/** Loads node:http2 here, because that takes seven milliseconds. A server of HTTP/2 has loaded it. */
function createAnsweringServer(): Http2Server {
  const { createServer } = require("node:http2") as typeof import("node:http2");
  return createServer()
    .on("stream", (stream) => {
      stream.on("error", ignore);
      stream.respond({ ":status": 403 }, { endStream: true });
      stream.session?.close();
    })
    .on("session", (session) => session.on("error", ignore))
    .on("sessionError", ignore);
}
