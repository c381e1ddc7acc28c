// Who may not enter is seen by nobody: not by a listener of the server, whoever added it and when, and not a byte comes or goes.
import { readdirSync } from "node:fs";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import tls from "node:tls";
import { trackConnections } from "sockinfo/connections";
import { allowPeers } from "sockinfo/unix";
import { describe, expect, test, vi } from "vitest";
import { makeCertificate } from "../../helpers/certificate";
import { lacks } from "../../helpers/needs";
import { until } from "../../helpers/servers";
import { openToAll, visit } from "../helpers/visitors";

const EVENTS = ["connection", "secureConnection", "session", "stream", "request", "upgrade", "connect", "clientError"];
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0";
const REQUEST = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const certificate = lacks("openssl") ? undefined : makeCertificate();

const KINDS: Record<string, [() => net.Server, string]> = {
  net: [() => net.createServer(), "hello"],
  http: [() => http.createServer(), REQUEST],
  h2c: [() => http2.createServer(), PREFACE],
  tls: [() => tls.createServer({ ...certificate }), "\u0016\u0003\u0001"],
  https: [() => https.createServer({ ...certificate }), "\u0016\u0003\u0001"],
  h2: [() => http2.createSecureServer({ ...certificate, allowHTTP1: true }), "\u0016\u0003\u0001"],
};

describe.skipIf(lacks("root", "setpriv", "openssl"))("of a server of", () => {
  test.each(Object.entries(KINDS))("%s", async (_kind, [create, says]) => {
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
    expect((await visit(path, says)).received).toBe("");
    expect(listener).not.toHaveBeenCalled();
    expect(tracker.size).toBe(0);
    await until(() => connectionsOf(server) === 0);
  });
});

function connectionsOf(server: net.Server): number {
  return (server as unknown as { _connections: number })._connections;
}

test.skipIf(lacks("root", "setpriv"))("is told of in the same moment, closed and unread", async () => {
  const server = http.createServer();
  const seen: net.Socket[] = [];
  allowPeers(server, { uids: [0] });
  // What comes to the gate.
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

test.skipIf(lacks("linux"))("hundreds of them leave no descriptor and no connection", async () => {
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

test("a connection that the server has already is judged, too", async () => {
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
