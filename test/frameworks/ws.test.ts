// ws: the WebSocket, on the server's side and on the client's, and the request of the handshake.
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { getSocket } from "sockinfo";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { listen, portOf } from "../helpers/servers";
import { findConnection } from "./connection";
import { changesBy } from "./own-properties";
import { expectSameConnection, reportSources } from "./source-reports";

async function openWebSocket() {
  const server = await listen(createServer());
  const client = new WebSocket(`ws://127.0.0.1:${portOf(server)}`);
  onTestFinished(() => client.terminate());
  const [[accepted, req], [response]] = (await Promise.all([
    once(new WebSocketServer({ server }), "connection"),
    once(client, "upgrade"),
    once(client, "open"),
  ])) as [[WebSocket, IncomingMessage], [IncomingMessage], unknown];
  return { client, accepted, req, serverPort: portOf(server), clientPort: response.socket.localPort as number };
}

test("the server's WebSocket and its request lead to the connection, at once and after a message", async () => {
  const { client, accepted, req, serverPort, clientPort } = await openWebSocket();
  const connection = findConnection(serverPort, clientPort);
  expectSameConnection(reportSources({ accepted, req }), ["accepted", "req"], connection);
  client.send("hello");
  await once(accepted, "message");
  expectSameConnection(reportSources({ accepted, req }), ["accepted", "req"], connection);
});

test("the client's WebSocket leads to the other end", async () => {
  const { client, serverPort, clientPort } = await openWebSocket();
  expectSameConnection(reportSources({ client }), ["client"], findConnection(clientPort, serverPort));
});

test("getSocket() only reads a WebSocket", async () => {
  const { accepted, client } = await openWebSocket();
  expect(changesBy(() => [accepted, client].map(getSocket), { accepted, client })).toEqual([]);
});
