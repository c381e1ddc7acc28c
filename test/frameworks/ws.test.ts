// ws: the WebSocket, on the server's side and on the client's.
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { listen, portOf } from "../helpers/servers";
import { findConnection } from "./connection";
import { expectSightings, look } from "./sightings";

test("a WebSocket leads to the connection, on both sides, at once and later", async () => {
  const server = await listen(createServer());
  const webSockets = new WebSocketServer({ server });
  const client = new WebSocket(`ws://127.0.0.1:${portOf(server)}`);
  onTestFinished(() => client.terminate());
  const upgraded = once(client, "upgrade") as Promise<[IncomingMessage]>;
  const [accepted, req] = (await once(webSockets, "connection")) as [WebSocket, IncomingMessage];
  const atOnce = look({ accepted, req });
  const [{ socket }] = await upgraded;
  const clientPort = socket.localPort as number;
  const here = findConnection(portOf(server), clientPort);
  expectSightings(atOnce, ["accepted", "req"], here);

  client.send("hello");
  await once(accepted, "message");
  expectSightings(look({ accepted, req }), ["accepted", "req"], here);
  expectSightings(look({ client }), ["client"], findConnection(clientPort, portOf(server)));
});
