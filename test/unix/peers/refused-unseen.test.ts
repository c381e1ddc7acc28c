// No listener of the server sees a refused peer, whenever the listener was added, and no byte is read or sent.
import { readdirSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { trackConnections } from "sockinfo/connections";
import { allowPeers } from "sockinfo/unix";
import { describe, expect, test, vi } from "vitest";
import { lacks } from "../../helpers/needs";
import { until } from "../../helpers/servers";
import { type KindName, REQUEST, serverKinds } from "../helpers/server-kinds";
import { openToAll, visit } from "../helpers/visitors";

const EVENTS = ["connection", "secureConnection", "session", "stream", "request", "upgrade", "connect", "clientError"];
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0";
const FIRST_BYTES: Partial<Record<KindName, string>> = { net: "hello", http: REQUEST, h2c: PREFACE };
const CLIENT_HELLO = "\u0016\u0003\u0001";

describe.skipIf(lacks("root", "setpriv", "openssl"))("a refused peer is not seen by any listener or tracker of", () => {
  test.each(serverKinds())("%s", async (kind, { create }) => {
    const server = create();
    const listener = vi.fn();
    const sockets: net.Socket[] = [];
    for (const event of EVENTS) server.on(event, listener);
    allowPeers(server, { uids: [0] }).on("refused", () => {
      expect(sockets).toEqual([]);
    });
    const tracker = trackConnections(server);
    for (const event of EVENTS) server.prependListener(event, listener).once(event, listener);
    const path = await openToAll(server);
    expect((await visit(path, FIRST_BYTES[kind] ?? CLIENT_HELLO)).received).toBe("");
    expect(listener).not.toHaveBeenCalled();
    expect(tracker.size).toBe(0);
    await until(() => connectionsOf(server) === 0);
  });
});

function connectionsOf(server: net.Server): number {
  return (server as unknown as { _connections: number })._connections;
}

test.skipIf(lacks("root", "setpriv"))("a refused peer is closed unread before emit() returns", async () => {
  const server = http.createServer();
  const seen: net.Socket[] = [];
  allowPeers(server, { uids: [0] });
  // Notes the sockets that reach the gate.
  const guarded = server.emit as (...parameters: unknown[]) => boolean;
  Object.defineProperty(server, "emit", {
    value(event: string, socket: net.Socket) {
      if (event === "connection") seen.push(socket);
      return Reflect.apply(guarded, server, [event, socket]);
    },
  });
  await visit(await openToAll(server), REQUEST);
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatchObject({ destroyed: true, bytesRead: 0, bytesWritten: 0 });
});

test.skipIf(lacks("linux"))("hundreds of refused peers leave no descriptor and no connection", async () => {
  const server = http.createServer((_req, res) => res.end());
  allowPeers(server, { uids: [process.geteuid?.() === 1 ? 2 : 1] });
  const path = await openToAll(server);
  const before = readdirSync("/proc/self/fd").length;
  for (let round = 0; round < 300; round++) {
    await new Promise((resolve) =>
      net
        .connect(path)
        .on("error", () => {})
        .once("close", resolve)
        .resume(),
    );
  }
  await until(() => connectionsOf(server) === 0 && readdirSync("/proc/self/fd").length <= before);
  await new Promise((resolve) => server.close(resolve));
});

test("a connection that the server already has is judged by each gate", async () => {
  const server = net.createServer((socket) => socket.on("error", () => {}));
  const path = await openToAll(server);
  const client = net.connect(path).resume();
  await until(() => connectionsOf(server) === 1);
  const refusals: string[] = [];
  allowPeers(server, { uids: [process.geteuid?.() ?? -1] }).on("refused", ({ reason }) => refusals.push(reason));
  await new Promise((resolve) => setImmediate(resolve));
  expect(client.destroyed).toBe(false);
  allowPeers(server, {}).on("refused", ({ reason }) => refusals.push(reason));
  await new Promise((resolve) => client.once("close", resolve));
  expect(refusals).toEqual(["ids"]);
});
