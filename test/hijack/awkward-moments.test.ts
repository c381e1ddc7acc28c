// Moments at which a handler had better not ask, but may: it throws, the socket stands still, the client has ended, servers are nested.
import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { enableHijack, hijack, type Hijacked } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { connectHttp1, request } from "../connections/helpers/clients";
import { nextRequest } from "../connections/helpers/requests";
import { HTTP1, makeServer, open } from "../connections/helpers/servers";
import { runNode } from "../helpers/child";
import { root } from "../helpers/docs";
import { until } from "../helpers/servers";
import { converse, refusalOf, serve, takeNext, tick, WHEN } from "./helpers/hazard-scene";
import { connectInTurn } from "./helpers/kinds";

test("a handler that throws after it has asked: refused, the connection closed, the server as before", () => {
  const { stdout, stderr } = runNode(`
    const { enableHijack, hijack } = require(${JSON.stringify(`${root}/dist/hijack/index.js`)});
    const said = [];
    process.on("uncaughtException", ({ message }) => said.push(message));
    const server = require("node:http").createServer((req, res) => {
      if (req.url === "/answer") return res.end("ok");
      hijack(req, res).then(() => said.push("taken"), ({ code }) => said.push(code));
      throw new Error("thrown");
    });
    enableHijack(server);
    server.listen(0, "127.0.0.1", () => {
      const own = Object.getOwnPropertyNames(server).join();
      const { port } = server.address();
      const socket = require("node:net").connect(port, "127.0.0.1");
      socket.write("GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n");
      socket.on("close", async () => {
        const response = await fetch("http://127.0.0.1:" + port + "/answer");
        const isSame = own === Object.getOwnPropertyNames(server).join();
        console.log(JSON.stringify([said, await response.text(), isSame]));
        server.close().closeAllConnections();
      }).on("error", () => {}).resume();
    });
  `);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual([["thrown", "ERR_SOCKINFO_SOCKET_CLOSED"], "ok", true]);
});

describe.each(HTTP1)("%s", (kind) => {
  describe.each(WHEN)("%s", (when) => {
    test("what was sent before it is not taken by the client: it stands still, and goes on", async () => {
      // More than the buffers of the system take.
      const BIG = Buffer.alloc(12 * 1024 * 1024, "x");
      let onTaken: (hijacked: Hijacked) => void;
      const taken = new Promise<Hijacked>((resolve) => (onTaken = resolve));
      const standsStill: unknown[] = [];
      let answered: Duplex | undefined;
      const server = await serve(kind, async (req, res) => {
        if (req.url === "/first") {
          // After the answer, so that the next request finds nothing pending but bytes.
          res.on("finish", () => (answered = req.socket));
          res.end("ok");
          return;
        }
        standsStill.push((req.socket as { _paused?: boolean })._paused);
        if (when === "late") await tick();
        onTaken(await hijack(req, res));
      });
      const client = await connectHttp1(server, kind);
      client.send("/first");
      await client.receive("\r\n\r\nok");
      // First: for who reads, the system makes its buffers larger.
      client.stream.pause();
      await until(() => answered !== undefined);
      answered?.write(BIG);
      client.stream.write(request("/second"));
      const { socket, head } = await taken;
      expect(standsStill).toEqual([true]);
      expect(head.length).toBe(0);
      const got = once(socket, "data");
      client.stream.write("later");
      expect(String((await got)[0])).toBe("later");
      socket.write("behind it");
      client.stream.resume();
      await client.receive("xbehind it");
      expect(client.received.length).toBeGreaterThan(BIG.length);
    });
  });

  test("in a listener for the data of its request", async () => {
    const server = await serve(kind);
    const client = await connectHttp1(server, kind);
    client.stream.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\none");
    const [req, res] = await nextRequest(server);
    const taken = new Promise<Hijacked>((resolve, reject) => {
      req.once("data", () => void hijack(req, res).then(resolve, reject));
    });
    const { socket, head } = await taken;
    client.stream.write("twoand so on");
    let text = head.toString();
    socket.on("data", (data) => (text += String(data)));
    await until(() => text.length === 12);
    expect(text).toBe("twoand so on");
  });
});

describe.each(["http", "unix"] as const)("%s: the client has ended its half", (kind) => {
  test.each(WHEN)("%s", async (when) => {
    const server = makeServer(kind, () => {}) as Server & { httpAllowHalfOpen?: boolean };
    // Otherwise Node ends the other half, too.
    server.httpAllowHalfOpen = true;
    enableHijack(server);
    await open(server, kind);
    const client = await connectHttp1(server, kind);
    client.stream.allowHalfOpen = true;
    const taking = new Promise<Hijacked>((resolve, reject) => {
      server.once("request", async (req: IncomingMessage, res: ServerResponse) => {
        if (when === "late") await once(req.socket, "end");
        hijack(req, res).then(resolve, reject);
      });
    });
    client.stream.end(request("/") + (when === "late" ? "" : "last"));
    const { socket, head } = await taking;
    expect(head.toString()).toBe(when === "late" ? "" : "last");
    if (when === "at once") {
      socket.resume();
      await once(socket, "end");
    }
    socket.end("answer");
    await once(client.stream, "close");
    expect(client.received).toBe("answer");
  });
});

test("the client has ended its half, and Node the other one: it is gone", async () => {
  const server = await serve("http");
  const client = await connectHttp1(server, "http");
  client.stream.end(request("/"));
  const [req, res] = await nextRequest(server);
  await until(() => req.socket.writableEnded);
  expect(await refusalOf(hijack(req, res))).toBe("ERR_SOCKINFO_SOCKET_CLOSED");
});

describe.each(["the same server", "another server"])(
  "a handler that talks to %s in memory, and that one hijacks",
  (which) => {
    test.each(["inside first", "outside first"])("%s", async (order) => {
      const taken: Record<string, Promise<Hijacked>> = {};
      let inside: Duplex | undefined;
      const handler = (req: IncomingMessage, res: ServerResponse): void => {
        const path = req.url ?? "";
        if (path === "/inside" || order === "outside first") taken[path] = hijack(req, res);
        if (path === "/outside") {
          inside = connectInTurn(which === "the same server" ? server : other);
          inside.write(request("/inside") + "head of inside");
        }
        taken[path] ??= hijack(req, res);
      };
      const server = await serve("http", handler);
      const other = makeServer("http", handler) as Server;
      enableHijack(other);
      const client = await connectHttp1(server, "http");
      client.stream.write(request("/outside") + "head of outside");
      await until(() => Object.keys(taken).length === 2);
      for (const path of ["/inside", "/outside"]) {
        const { head } = (await taken[path]) as Hijacked;
        expect(head.toString()).toBe(`head of ${path.slice(1)}`);
      }
      await converse(((await taken["/outside"]) as Hijacked).socket, client);
      const { socket } = (await taken["/inside"]) as Hijacked;
      socket.write("through");
      expect(String((await once(inside as Duplex, "data"))[0])).toBe("through");
      for (const one of [server, other]) expect(Object.hasOwn(one, "emit")).toBe(false);
    });
  },
);

test("a handler that takes one connection takes another one of the same server, in the same turn", async () => {
  const server = await serve("http");
  const [one, two] = [await connectHttp1(server, "http"), await connectHttp1(server, "http")];
  one.send("/");
  const [req, res] = await nextRequest(server);
  let early: Promise<Hijacked> | undefined;
  server.once("request", () => (early = hijack(req, res)));
  const late = await takeNext(server, two);
  await converse(((await early) as Hijacked).socket, one);
  await converse(late.socket, two);
});

test("before a client is told to send its body, in 'checkContinue'", async () => {
  const server = await serve("http", () => {});
  server.on("checkContinue", (...parameters: Parameters<typeof hijack>) => {
    void hijack(...parameters).then(({ socket, head }) => socket.end(`head: ${head.toString()};`));
  });
  const client = await connectHttp1(server, "http");
  client.stream.write("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody");
  await client.receive("head: body;");
  expect(client.received).not.toContain("100 Continue");
});
