// The name for logs: of real clients, of sources without a peer, and after the connection has ended.
import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import { connect, createServer, Socket, type AddressInfo } from "node:net";
import Fastify from "fastify";
import { trackConnections } from "sockinfo/connections";
import { describePeer } from "sockinfo/unix";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { connectPair, listen, portOf, socketPath, until } from "../../helpers/servers";
import { openToAll, visit, VISITOR } from "../helpers/visitors";

const own = `unix:uid=${process.geteuid?.()},pid=${process.pid}`;

test.skipIf(lacks("root", "setpriv"))("a client of another user", async () => {
  const seen: string[] = [];
  const server = http.createServer((req, res) => {
    seen.push(describePeer(req), describePeer(res), describePeer(req.socket));
    res.end();
  });
  const { pid } = await visit(await openToAll(server), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  expect(new Set(seen)).toEqual(new Set([`unix:uid=${VISITOR.uid},pid=${pid}`]));
});

test.skipIf(lacks("root", "unshare"))("without a pid, if the peer is in another pid namespace", async () => {
  const path = socketPath();
  const pair = await connectPair({ path });
  expect(describePeer(pair.accepted)).toBe(own);
  const script = `
    const { describePeer } = require(${JSON.stringify(require.resolve("sockinfo/unix"))});
    const socket = require("net").connect(${JSON.stringify(path)}, () => { console.log(describePeer(socket)); process.exit(); });`;
  const child = spawn("unshare", ["--pid", "--fork", "--kill-child", process.execPath, "-e", script]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  expect(line.trim()).toBe(`unix:uid=${process.geteuid?.()}`);
});

test.each(["127.0.0.1", "::1"])("over TCP, %s: address and port as in a URL", async (host) => {
  const { client, accepted } = await connectPair({ host, port: 0 });
  const address = host === "::1" ? "[::1]" : host;
  expect(describePeer(accepted)).toBe(`tcp:${address}:${(client.address() as AddressInfo).port}`);
});

describe("after the connection has ended", () => {
  test("the name is the same as before", async () => {
    for (const options of [{ path: socketPath() }, undefined]) {
      const { client, accepted } = await connectPair(options);
      const before = describePeer(accepted);
      accepted.destroy();
      client.destroy();
      await once(accepted, "close");
      expect(describePeer(accepted)).toBe(before);
      expect(before).not.toBe("unknown");
    }
  });

  test("the name is unknown, if describePeer() was not called before the end", async () => {
    const { accepted } = await connectPair({ path: socketPath() });
    accepted.destroy();
    expect(describePeer(accepted)).toBe("unknown");
  });

  test("the name is the same in 'finish' and 'close' of a response, where loggers read it", async () => {
    const seen: string[] = [];
    const server = http.createServer((req, res) => {
      for (const event of ["finish", "close"]) res.on(event, () => seen.push(describePeer(req)));
      res.end();
    });
    http.get({ socketPath: await openToAll(server), agent: false }).on("response", (response) => response.resume());
    await once(server, "connection").then(([socket]) => once(socket, "close"));
    expect(seen).toEqual([own, own]);
  });
});

test("HTTP/2: of request, stream and session", async () => {
  const seen: string[] = [];
  const server = http2.createServer((req, res) => {
    seen.push(describePeer(req), describePeer(req.stream), describePeer(req.stream.session as never));
    res.end();
  });
  const path = await openToAll(server);
  const session = http2.connect("http://localhost", { createConnection: () => connect(path) });
  onTestFinished(() => session.destroy());
  await once(session.request().resume(), "close");
  expect(seen).toEqual([own, own, own]);
});

describe("HTTP/2, in 'finish' and 'close' of a response", () => {
  test.each([true, false])("called before: %s, without a tracker", async (isCalledBefore) => {
    const seen: string[] = [];
    const server = http2.createServer((req, res) => {
      if (isCalledBefore) describePeer(req);
      for (const event of ["finish", "close"]) res.on(event, () => seen.push(describePeer(req), describePeer(res)));
      res.end();
    });
    await answered(server, seen, 4);
    expect(new Set(seen)).toEqual(new Set([isCalledBefore ? own : "unknown"]));
  });

  test("each of many streams, on a tracked server", async () => {
    const seen: string[] = [];
    const server = http2.createServer((req, res) => {
      for (const event of ["finish", "close"]) res.on(event, () => seen.push(describePeer(req), describePeer(res)));
      res.end();
    });
    trackConnections(server);
    await answered(server, seen, 12);
    expect(new Set(seen)).toEqual(new Set([own]));
  });

  /** Sends requests on one connection until the server has seen so many names. */
  async function answered(server: http2.Http2Server, seen: readonly string[], count: number): Promise<void> {
    const path = await openToAll(server);
    const session = http2.connect("http://localhost", { createConnection: () => connect(path) });
    onTestFinished(() => session.destroy());
    for (let request = 0; request < count / 4; request++) session.request().resume();
    await until(() => seen.length === count);
  }
});

test("a socket that connects again has the name of its new peer", async () => {
  const [first, second] = [await listen(createServer()), await listen(createServer())];
  const socket = new Socket();
  onTestFinished(() => void socket.destroy());
  for (const server of [first, second]) {
    socket.connect(portOf(server), "127.0.0.1");
    await once(socket, "connect");
    expect(describePeer(socket)).toBe(`tcp:127.0.0.1:${portOf(server)}`);
    socket.destroy();
    await once(socket, "close");
    expect(describePeer(socket)).toBe(`tcp:127.0.0.1:${portOf(server)}`);
  }
});

test("a mock request is unknown, and a value that is no source throws", async () => {
  const app = Fastify();
  app.get("/", (request, reply) => reply.send(describePeer(request)));
  expect((await app.inject("/")).body).toBe("unknown");
  expect(describePeer({} as never)).toBe("unknown");
  for (const source of [undefined, null, "x", true])
    expect(() => describePeer(source as never)).toThrow(
      expect.objectContaining({ code: "ERR_SOCKINFO_INVALID_ARGUMENT" }),
    );
});

test("the number of a descriptor", async () => {
  const { server, accepted } = await connectPair({ path: socketPath() });
  expect(describePeer((accepted as unknown as { _handle: { fd: number } })._handle.fd)).toBe(own);
  const { server: tcp, accepted: overTcp } = await connectPair();
  expect(describePeer((overTcp as unknown as { _handle: { fd: number } })._handle.fd)).toBe("unknown");
  expect([server.listening, portOf(tcp) > 0]).toEqual([true, true]);
});
