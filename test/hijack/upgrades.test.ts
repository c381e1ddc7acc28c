// Hijacking on servers with listeners for 'upgrade': neither gets the connections of the other.
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { Server as SocketIo } from "socket.io";
import { io } from "socket.io-client";
import { enableHijack, hijack } from "sockinfo/hijack";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { listen, portOf, until } from "../helpers/servers";
import { WHEN, type When } from "./helpers/pauses";
import { Received, connectTo } from "./helpers/servers";

const UPGRADE = "GET /take HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n";
const GET_TAKE = "GET /take HTTP/1.1\r\nHost: a\r\n\r\n";

function handler(isLate: boolean): RequestListener {
  return (request, response) => {
    const take = async () => {
      if (isLate) await new Promise(setImmediate);
      try {
        const { socket, head } = await hijack(request, response);
        socket.on("error", () => {});
        socket.end(`taken:${head.toString()}`);
      } catch (error) {
        response.setHeader("Connection", "close").end((error as { code: string }).code);
      }
    };
    if (request.url === "/take") void take();
  };
}

async function start(when: When): Promise<Server> {
  const server = createServer(handler(when === "late"));
  enableHijack(server);
  return listen(server);
}

async function get(server: Server, text: string): Promise<string> {
  const client = await connectTo(server, "http");
  const received = new Received(client);
  client.write(text);
  await received.over;
  return received.text;
}

describe.each(WHEN)("%s", (when) => {
  test("ws: its connections are served before, during and after a hijack, and it never sees the hijacked one", async () => {
    const server = await start(when);
    const sockets = new WebSocketServer({ server });
    onTestFinished(() => sockets.close());
    const upgrades: string[] = [];
    server.on("upgrade", ({ url }: IncomingMessage) => upgrades.push(url ?? ""));
    sockets.on("connection", (socket) => socket.on("message", (message) => socket.send(message)));
    const converse = async (path: string) => {
      const client = new WebSocket(`ws://127.0.0.1:${portOf(server)}${path}`);
      await once(client, "open");
      client.send("hello");
      const [message] = (await once(client, "message")) as [Buffer];
      client.terminate();
      return message.toString();
    };
    await expect(converse("/1")).resolves.toBe("hello");
    const [taken, conversed] = await Promise.all([get(server, GET_TAKE), converse("/2")]);
    expect([taken, conversed]).toEqual(["taken:", "hello"]);
    await expect(converse("/3")).resolves.toBe("hello");
    expect(upgrades).toEqual(["/1", "/2", "/3"]);
    expect(server.listenerCount("upgrade")).toBe(2);
  });

  test("a listener for 'upgrade' gets all Upgrade requests, also for a path that is hijacked", async () => {
    const server = await start(when);
    server.on("upgrade", (_, socket) => socket.end("upgraded"));
    await expect(get(server, UPGRADE)).resolves.toBe("upgraded");
    await expect(get(server, GET_TAKE)).resolves.toBe("taken:");
  });

  // Node drops the bytes that come with such a request.
  test(`without such a listener, handlers get the request, and hijack() is ${when === "early" ? "taken" : "refused"}`, async () => {
    const server = await start(when);
    const expected = when === "early" ? /^taken:eager$/ : /\r\n\r\nERR_SOCKINFO_BYTES_PARSED$/;
    await expect(get(server, `${UPGRADE}eager`)).resolves.toMatch(expected);
  });

  test("listeners, emit() and listenerCount() of the server are the same as before", async () => {
    const server = await start(when);
    const before = [server.emit, server.listenerCount, server.eventNames().length];
    await expect(get(server, GET_TAKE)).resolves.toBe("taken:");
    expect([server.emit, server.listenerCount, server.eventNames().length]).toEqual(before);
    expect(Object.keys(server)).not.toContain("emit");
  });

  test("socket.io works with both of its transports", async () => {
    const server = await start(when);
    const sockets = new SocketIo(server);
    onTestFinished(() => void sockets.close());
    sockets.on("connection", (socket) =>
      socket.on("echo", (text: string, answer: (text: string) => void) => answer(text)),
    );
    for (const transport of ["polling", "websocket"]) {
      const client = io(`http://127.0.0.1:${portOf(server)}`, { transports: [transport], reconnection: false });
      await expect(client.emitWithAck("echo", transport)).resolves.toBe(transport);
      await expect(get(server, GET_TAKE)).resolves.toBe("taken:");
      client.close();
      await until(() => sockets.sockets.sockets.size === 0);
    }
  });
});
