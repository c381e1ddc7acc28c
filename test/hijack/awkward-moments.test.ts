// hijack() at awkward moments: the socket is paused, the client has ended, or a handler talks to its own server.
import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { enableHijack, hijack, type Hijacked } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { connectHttp1, request } from "../helpers/http-clients";
import { nextRequest, HTTP1, makeServer, open } from "../helpers/http-servers";
import { until } from "../helpers/servers";
import { converse, refusalOf, takeNext } from "./helpers/hijacked";
import { WHEN, pauses } from "./helpers/pauses";
import { connectInTurn, serve } from "./helpers/servers";

describe.each(HTTP1)("%s", (kind) => {
  describe.each(WHEN)("%s", (when) => {
    test("Node has paused the socket, because the client does not read: the owner can read and write", async () => {
      // More than the system's buffers hold.
      const BIG = Buffer.alloc(12 * 1024 * 1024, "x");
      let onTaken: (hijacked: Hijacked) => void;
      const taken = new Promise<Hijacked>((resolve) => (onTaken = resolve));
      const standsStill: unknown[] = [];
      let answered: Duplex | undefined;
      const server = await serve(kind, async (req, res) => {
        if (req.url === "/first") {
          // Written after the answer, so that the next request finds unsent bytes, but no pending response.
          res.on("finish", () => (answered = req.socket));
          res.end("ok");
          return;
        }
        standsStill.push((req.socket as { _paused?: boolean })._paused);
        if (when === "late") await pauses.immediate();
        onTaken(await hijack(req, res));
      });
      const client = await connectHttp1(server, kind);
      client.send("/first");
      await client.receive("\r\n\r\nok");
      // Paused first, because the kernel enlarges the buffers of a client that reads.
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
      socket.write("after it");
      client.stream.resume();
      await client.receive("xafter it");
      expect(client.received.length).toBeGreaterThan(BIG.length);
    });
  });

  test("in a listener for 'data' of the request, before its end: refused", async () => {
    const server = await serve(kind);
    const client = await connectHttp1(server, kind);
    client.stream.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\none");
    const [req, res] = await nextRequest(server);
    await once(req, "data");
    req.pause();
    const code = await refusalOf(hijack(req, res));
    expect(code).toBe("ERR_SOCKINFO_BYTES_PARSED");
    // The handler reads on and answers.
    client.stream.write("two");
    await once(req.resume(), "end");
    res.end("ok");
    await client.receive("\r\n\r\nok");
  });

  test("in a listener for 'end' of the request: taken", async () => {
    const server = await serve(kind);
    const client = await connectHttp1(server, kind);
    client.stream.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none");
    const [req, res] = await nextRequest(server);
    await once(req.resume(), "end");
    const { socket, head } = await hijack(req, res);
    expect(head.length).toBe(0);
    await converse(socket, client);
  });
});

describe.each(["http", "unix"] as const)("%s: the client has ended its half", (kind) => {
  test.each(WHEN)("%s", async (when) => {
    const server = makeServer(kind, () => {}) as Server & { httpAllowHalfOpen?: boolean };
    // Otherwise Node also ends the other half.
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
    if (when === "early") {
      socket.resume();
      await once(socket, "end");
    }
    socket.end("answer");
    await once(client.stream, "close");
    expect(client.received).toBe("answer");
  });
});

test("the client has ended its half, and Node the other one: refused", async () => {
  const server = await serve("http");
  const client = await connectHttp1(server, "http");
  client.stream.end(request("/"));
  const [req, res] = await nextRequest(server);
  await until(() => req.socket.writableEnded);
  expect(await refusalOf(hijack(req, res))).toBe("ERR_SOCKINFO_SOCKET_CLOSED");
});

describe.each(["the same server", "another server"])(
  "a handler that talks to %s in memory, whose handler also hijacks",
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

test("in 'checkContinue', before the client may send its body", async () => {
  const server = await serve("http", () => {});
  server.on("checkContinue", (...parameters: Parameters<typeof hijack>) => {
    void hijack(...parameters).then(({ socket, head }) => socket.end(`head: ${head.toString()};`));
  });
  const client = await connectHttp1(server, "http");
  client.stream.write("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody");
  await client.receive("head: body;");
  expect(client.received).not.toContain("100 Continue");
});
