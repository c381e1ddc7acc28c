// Connections that a server has before its gate: each is judged, or allowPeers() throws. Seen from the client.
import http from "node:http";
import https from "node:https";
import net from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import tls from "node:tls";
import { allowPeers } from "sockinfo/unix";
import { describe, expect, onTestFinished, test } from "vitest";
import { makePair } from "../../helpers/duplex-pair";
import { lacks } from "../../helpers/needs";
import { listen, socketPath, until } from "../../helpers/servers";
import { certificate, rejectUnauthorized, serverKinds } from "../helpers/server-kinds";
import { openToAll } from "../helpers/visitors";

const self = process.geteuid?.() ?? -1;

function connectionsOf(server: net.Server): number {
  return (server as unknown as { _connections: number })._connections;
}

/** Resolves when the server has accepted the connection, after the handshake if there is one. */
async function connectTo(path: string, server: net.Server): Promise<net.Socket> {
  const before = connectionsOf(server);
  const ALPNProtocols = ["h2", "http/1.1"];
  const isTls = "addContext" in server;
  const client = isTls ? tls.connect({ path, rejectUnauthorized, ALPNProtocols }) : net.connect(path);
  client.on("error", () => {}).resume();
  onTestFinished(() => void client.destroy());
  if (isTls) await new Promise((resolve) => server.once("secureConnection", resolve));
  await until(() => connectionsOf(server) > before);
  await new Promise((resolve) => setImmediate(resolve));
  return client;
}

/** The message of the error, or `undefined` if the gate was made. */
function tryToGuard(server: net.Server, rule = { uids: [self + 1] }): string | undefined {
  try {
    allowPeers(server, rule);
    return undefined;
  } catch (error) {
    expect(error).toMatchObject({ code: "ERR_SOCKINFO_INVALID_ARGUMENT" });
    return (error as Error).message;
  }
}

describe.each(serverKinds())("a server of %s", (kind, { create }) => {
  test("with an unref()ed connection: it is judged, or allowPeers() throws", async () => {
    const server = create().on("connection", (socket: net.Socket) => socket.unref());
    const path = await openToAll(server);
    const client = await connectTo(path, server);
    const refusal = tryToGuard(server);
    if (["http", "https"].includes(kind)) expect(refusal).toBeUndefined();
    if (refusal === undefined) await until(() => client.destroyed);
    else expect([refusal, Object.hasOwn(server, "emit")]).toEqual([expect.stringContaining("unref()"), false]);
    client.destroy();
    // After the connection has closed, the gate can be made.
    await until(() => connectionsOf(server) === 0);
    expect(tryToGuard(server)).toBeUndefined();
  });

  test("with referenced connections, one of which is about to close: all are judged", async () => {
    const server = create();
    const path = await openToAll(server);
    const clients = [await connectTo(path, server), await connectTo(path, server), await connectTo(path, server)];
    clients[0]?.destroy();
    expect(tryToGuard(server)).toBeUndefined();
    await until(() => clients.every((client) => client.destroyed));
  });

  test("a peer that the rule names stays connected", async () => {
    const server = create();
    const client = await connectTo(await openToAll(server), server);
    expect(tryToGuard(server, { uids: [self] })).toBeUndefined();
    await sleep(30);
    expect(client.destroyed).toBe(false);
  });

  test("a gate that is made in a listener of 'connection' judges that connection", async () => {
    const server = create();
    server.prependOnceListener("connection", () => expect(tryToGuard(server)).toBeUndefined());
    const client = net.connect(await openToAll(server)).on("error", () => {});
    await new Promise((resolve) => client.resume().once("close", resolve));
    expect(client.bytesRead).toBe(0);
  });
});

test("an upgraded connection is judged", async () => {
  const server = http.createServer().on("upgrade", (_req, socket: Duplex) => socket.on("error", () => {}));
  const client = await connectTo(await openToAll(server), server);
  client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
  await new Promise((resolve) => server.once("upgrade", resolve));
  expect(tryToGuard(server)).toBeUndefined();
  await until(() => client.destroyed);
});

test.skipIf(lacks("openssl"))(
  "a connection in its TLS handshake is closed, and the server emits no error",
  async () => {
    const errors: unknown[] = [];
    const server = tls.createServer({ ...certificate }).on("tlsClientError", (error) => errors.push(error));
    const client = net.connect(await openToAll(server)).on("error", () => {});
    const closing = new Promise((resolve) => client.resume().once("close", resolve));
    await until(() => connectionsOf(server) === 1);
    expect(tryToGuard(server)).toBeUndefined();
    await closing;
    await until(() => connectionsOf(server) === 0);
    expect(errors).toEqual([]);
  },
);

describe("a connection that other code has handed to a server of HTTP before is judged", () => {
  test("an unref()ed socket", async () => {
    const server = http.createServer();
    await openToAll(server);
    const path = socketPath();
    const front = await listen(net.createServer(), { path });
    front.on("connection", (socket) => server.emit("connection", socket.unref()));
    const client = await connectTo(path, front);
    expect(tryToGuard(server)).toBeUndefined();
    await until(() => client.destroyed);
  });

  test.skipIf(lacks("openssl"))("a socket under TLS", async () => {
    const server = https.createServer({ ...certificate });
    await openToAll(server);
    const path = socketPath();
    const front = await listen(net.createServer(), { path });
    front.on("connection", (socket) => server.emit("connection", socket));
    const client = tls.connect({ path, rejectUnauthorized }).on("error", () => {});
    await new Promise((resolve) => client.once("secureConnect", resolve));
    await sleep(20);
    expect(tryToGuard(server)).toBeUndefined();
    await new Promise((resolve) => client.resume().once("close", resolve));
  });

  test("a stream in memory", async () => {
    const server = http.createServer();
    await openToAll(server);
    const [near, far] = makePair();
    server.emit("connection", near);
    const received: Buffer[] = [];
    far.on("data", (bytes: Buffer) => received.push(bytes)).on("error", () => {});
    expect(tryToGuard(server)).toBeUndefined();
    far.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await sleep(30);
    expect([near.destroyed, received]).toEqual([true, []]);
  });
});
