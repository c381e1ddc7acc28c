// Hono on @hono/node-server: c, over HTTP/1.1, over HTTP/2 and with WebSockets.
import { once } from "node:events";
import type { IncomingMessage, Server } from "node:http";
import { createServer, type Http2Server } from "node:http2";
import { createAdaptorServer, upgradeWebSocket, type WebSocketServerLike } from "@hono/node-server";
import { Context, Hono } from "hono";
import { getSocket } from "sockinfo";
import { expect, onTestFinished, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { listen, portOf } from "../helpers/servers";
import { get, getOverHttp2 } from "./clients";
import { findConnection } from "./connection";
import { expectSameConnection, reportSources, type SourceReports } from "./source-reports";

const app = new Hono();
app.use("/middleware", (c) => Promise.resolve(c.json(reportSources({ c }))));
app.get("/", (c) => c.json(reportSources({ c })));

test.for(["/", "/middleware"])("c leads to the connection: %s", async (path) => {
  const { answer, connection } = await get(await listen(createAdaptorServer(app) as Server), path);
  expectSameConnection(answer, ["c"], connection);
});

test("c leads to the connection over HTTP/2", async () => {
  const server = createAdaptorServer({ fetch: app.fetch, createServer }) as Http2Server;
  const { answer, connection } = await getOverHttp2(await listen(server));
  expectSameConnection(answer, ["c"], connection);
});

test("c leads to the connection in the events of a WebSocket", async () => {
  const sockets = new Hono();
  const upgrade = upgradeWebSocket((c) => ({
    onMessage: (_event, webSocket) => webSocket.send(JSON.stringify(reportSources({ c }))),
  }));
  sockets.get("/", upgrade);
  // The types differ under `exactOptionalPropertyTypes` only.
  const websocket = { server: new WebSocketServer({ noServer: true }) as unknown as WebSocketServerLike };
  const server = await listen(createAdaptorServer({ fetch: sockets.fetch, websocket }) as Server);
  const client = new WebSocket(`ws://127.0.0.1:${portOf(server)}`);
  onTestFinished(() => client.terminate());
  const [[response]] = (await Promise.all([once(client, "upgrade"), once(client, "open")])) as [[IncomingMessage], []];
  client.send("report");
  const [answer] = (await once(client, "message")) as [Buffer];
  const connection = findConnection(portOf(server), response.socket.localPort as number);
  expectSameConnection(JSON.parse(answer.toString()) as SourceReports, ["c"], connection);
});

test("getSocket(c) does not make Hono create c.req, which it creates on demand", async () => {
  const asked = vi.spyOn(Context.prototype, "req", "get");
  onTestFinished(() => asked.mockRestore());
  const lookups = new Hono();
  lookups.get("/", (c) => {
    asked.mockClear();
    getSocket(c);
    const calls = asked.mock.calls.length;
    return c.json({ calls, callsAfterwards: c.req.path.length && asked.mock.calls.length });
  });
  const { answer } = await get<object>(await listen(createAdaptorServer(lookups) as Server));
  expect(answer).toEqual({ calls: 0, callsAfterwards: 1 });
});
