// A handler calls hijack() and closes the connection before it returns, so Node frees the parser under it. Another
// connection may get that parser: taking the connection by it would end the process.
import { once } from "node:events";
import http from "node:http";
import { Duplex } from "node:stream";
import { enableHijack, hijack } from "sockinfo/hijack";
import { expect, test } from "vitest";
import { connectHttp1 } from "../helpers/http-clients";
import { open } from "../helpers/http-servers";

/** Emits 'close' inside of destroy(), as some libraries' streams do. */
class ClosesAtOnce extends Duplex {
  override _read(): void {}
  override destroy(): this {
    this.emit("close");
    return this;
  }
}

test.each<[string, (socket: Duplex) => void]>([
  ["a stream whose destroy() emits 'close' at once", (socket) => void socket.destroy()],
  ["an emit('close') of other code", (socket) => void socket.emit("close")],
])("%s: hijack() rejects, and later connections are answered", async (_name, close) => {
  let hijacked: Promise<unknown> | undefined;
  const server = http.createServer((req, res) => {
    if (req.url !== "/hijacked") return res.end("ok");
    hijacked = hijack(req, res).catch((error: NodeJS.ErrnoException) => error.code);
    return close(req.socket);
  });
  const enabled = enableHijack(server);
  await open(server);
  const stream = new ClosesAtOnce();
  server.emit("connection", stream);
  const requested = once(server, "request");
  stream.push("GET /hijacked HTTP/1.1\r\nHost: a\r\n\r\n");
  await requested;
  expect(await hijacked).toBe("ERR_SOCKINFO_SOCKET_CLOSED");
  expect(Object.hasOwn(server, "emit") || Object.hasOwn(server, "listenerCount")).toBe(false);
  const clients = await Promise.all([1, 2, 3].map(() => connectHttp1(server, "http")));
  // Handled one after the other, each with a parser of its own.
  for (const client of clients) client.send("/");
  await Promise.all(clients.map((client) => client.receive("\r\n\r\nok")));
  enabled.close();
});
