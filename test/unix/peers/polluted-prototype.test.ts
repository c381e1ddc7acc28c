// A polluted Object.prototype opens no gate: inherited properties do not decide what a server or a socket is.
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import { text } from "node:stream/consumers";
import { allowPeers } from "sockinfo/unix";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { lacks } from "../../helpers/needs";
import { openToAll, visit } from "../helpers/visitors";

const REQUEST = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/** Not enumerable, so that only code that reads this key sees it. */
function pollute(key: string, value: unknown): void {
  Reflect.defineProperty(Object.prototype, key, { value, configurable: true, writable: true });
  onTestFinished(() => void Reflect.deleteProperty(Object.prototype, key));
}

/** Everything that the server sends in answer to one request. */
async function ask(path: string): Promise<string> {
  const socket = net.connect(path).on("error", () => {});
  socket.write(REQUEST);
  return text(socket);
}

describe.each(["addContext", "updateSettings", "closeIdleConnections"])("with an inherited %s", (key) => {
  test.each(["before", "after"])("a server of http answers 403, polluted %s the gate is made", async (moment) => {
    const handler = vi.fn((_req: unknown, res: http.ServerResponse) => void res.end("served"));
    const server = http.createServer(handler);
    if (moment === "before") pollute(key, 1);
    allowPeers(server, {}, { refuseWith: 403 });
    const path = await openToAll(server);
    if (moment === "after") pollute(key, 1);
    expect(await ask(path)).toMatch(/^HTTP\/1\.1 403 /);
    expect(handler).not.toHaveBeenCalled();
  });

  test("a server of http2 without TLS answers 403", async () => {
    const handler = vi.fn();
    const server = http2.createServer(handler);
    allowPeers(server, {}, { refuseWith: 403 });
    const path = await openToAll(server);
    pollute(key, 1);
    const session = http2.connect("http://localhost", { createConnection: () => net.connect(path) });
    onTestFinished(() => session.destroy());
    session.on("error", () => {});
    const stream = session.request({ ":path": "/" }).on("error", () => {});
    const [headers] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
    expect(headers[":status"]).toBe(403);
    expect(handler).not.toHaveBeenCalled();
  });

  test("a server of net is not taken for one of HTTP", () => {
    pollute(key, 1);
    expect(() => allowPeers(net.createServer(), {}, { refuseWith: 403 })).toThrow(/a server that does not speak HTTP/);
  });
});

test.skipIf(lacks("root", "setpriv")).each([
  ["_parent", {}],
  ["_parentWrap", { stream: {} }],
])("with an inherited %s, two peers are not taken for the same connection", async (key, value) => {
  const server = http.createServer((_req, res) => void res.end("served"));
  const { emit } = server;
  allowPeers(server, { uids: [0] });
  const path = await openToAll(server);
  pollute(key, value);
  expect(await ask(path)).toMatch(/served$/);
  // Code that had wrapped emit before the gate may put it back.
  server.emit = emit;
  expect((await visit(path, REQUEST)).received).toBe("");
});
