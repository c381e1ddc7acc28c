// A hijacked connection outlives all that an HTTP server does to its own connections.
import { once } from "node:events";
import type { RequestListener, Server, ServerOptions } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { hijack, type Hijacked } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { connectHttp1, request } from "../helpers/http-clients";
import { HTTP1, type Http1Kind } from "../helpers/http-servers";
import { until } from "../helpers/servers";
import { converse, takeFirst, takeNext } from "./helpers/hijacked";
import { pauses } from "./helpers/pauses";
import { serve } from "./helpers/servers";

const TIMEOUTS: ServerOptions = {
  headersTimeout: 40,
  requestTimeout: 50,
  keepAliveTimeout: 30,
  connectionsCheckingInterval: 10,
};

/** Collects the server's events about its connections, except that they have come. */
function follow(server: Server): string[] {
  const seen: string[] = [];
  for (const event of ["clientError", "tlsClientError", "timeout", "dropRequest", "upgrade", "connect"]) {
    server.on(event, (_, socket?: Socket) => {
      seen.push(event);
      // Does what Node does without this listener.
      if (event === "timeout") (_ as Socket).destroy();
      if (event === "clientError") socket?.destroy();
    });
  }
  return seen;
}

describe("the timeouts of server, request and response", () => {
  /** Sends the requests, and hijacks the connection at the last one. */
  async function take(kind: Http1Kind, ...paths: string[]) {
    let onTaken: (taken: Promise<Hijacked>) => void;
    const taken = new Promise<Hijacked>((resolve) => (onTaken = resolve));
    const handler: RequestListener = (req, res) => {
      req.setTimeout(20);
      res.setTimeout(30);
      if (req.url === "/hijack") onTaken(hijack(req, res));
      else res.end("ok");
    };
    const server = await serve(kind, handler, TIMEOUTS);
    server.timeout = 40;
    server.maxRequestsPerSocket = 2;
    const client = await connectHttp1(server, kind);
    for (const path of paths) {
      if (path === "/hijack") client.send(path);
      else await client.get(path);
    }
    const { socket } = await taken;
    socket.on("error", () => {});
    return { client, socket, seen: follow(server) };
  }

  test("end what is not hijacked, and nothing else", async () => {
    const taken = [];
    for (const kind of HTTP1) taken.push(await take(kind, "/hijack"), await take(kind, "/", "/hijack"));
    const server = await serve("http", (req, res) => void (req.url === "/" && res.end("ok")), TIMEOUTS);
    const unsent = await connectHttp1(server, "http");
    unsent.stream.write("GET / HTTP/1.1\r\n");
    const unfinished = await connectHttp1(server, "http");
    unfinished.stream.write(request("/hang", "Content-Length: 5"));
    await Promise.all([unsent, unfinished].map(({ wire }) => once(wire, "close")));
    expect(unsent.received).toMatch(/^HTTP\/1\.1 408/);
    expect(unfinished.received).toMatch(/^HTTP\/1\.1 408/);
    server.timeout = 40;
    const silent = await connectHttp1(server, "http");
    silent.send("/hang");
    await once(silent.wire, "close");
    for (const { socket, client, seen } of taken) {
      expect(socket.timeout || 0).toBe(0);
      await converse(socket, client);
      expect(seen).toEqual([]);
    }
  });
});

describe.each(HTTP1)("%s", (kind) => {
  test("closeIdleConnections(), closeAllConnections(), and close(), which waits for it", async () => {
    const { server, client, socket } = await takeFirst(kind);
    const other = await connectHttp1(server, kind);
    other.send("/hang");
    await once(server, "request");
    server.closeIdleConnections?.();
    server.closeAllConnections?.();
    // An http2 server has neither. Those of Node 20 do not know some connections yet.
    if (typeof server.closeAllConnections === "function") await once(other.wire, "close");
    else other.wire.destroy();
    let isClosed = false;
    server.close(() => (isClosed = true));
    for (let rounds = 0; rounds < 3; rounds++) {
      await converse(socket, client, `after close() ${rounds}`);
      await sleep(20);
    }
    expect(isClosed).toBe(false);
    socket.end();
    client.end();
    await until(() => isClosed);
  });

  test("the owner gets garbage, and bytes that look like requests", async () => {
    const { server, client, socket } = await takeFirst(kind);
    const seen = follow(server);
    let requests = 0;
    server.on("request", () => (requests += 1));
    let received = "";
    socket.setEncoding("latin1").on("data", (text: string) => (received += text));
    const sent = [
      "\0\x01garbage\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "\x16\x03\x01",
      "5\r\nhello\r\n0\r\n\r\n",
    ];
    for (const text of sent) {
      client.stream.write(text, "latin1");
      await pauses.immediate();
    }
    await until(() => received.length === sent.join("").length);
    expect(received).toBe(sent.join(""));
    expect([requests, ...seen]).toEqual([0]);
    socket.write("still here");
    await client.receive("still here");
  });

  test.skipIf(kind === "unix")("after a reset, only the socket emits 'error'", async () => {
    const { server, client, socket, req, res } = await takeFirst(kind);
    const seen = follow(server);
    for (const [name, emitter] of Object.entries({ server, req, res })) {
      emitter.on("error", () => seen.push(`error of ${name}`));
    }
    // While TLS has something to write, such as session tickets, Node reports a reset as an end.
    await converse(socket, client);
    const errors: string[] = [];
    socket.on("error", ({ code }: NodeJS.ErrnoException) => errors.push(code ?? ""));
    client.wire.resetAndDestroy();
    await until(() => socket.closed);
    await pauses.immediate();
    expect(errors).toEqual(["ECONNRESET"]);
    expect(seen).toEqual([]);
  });

  test("after the client's end, the owner can go on writing", async () => {
    const { client, socket } = await takeFirst(kind);
    const ended = once(socket, "end");
    socket.resume();
    client.stream.allowHalfOpen = true;
    client.stream.end();
    await ended;
    expect(socket).toMatchObject({ readableEnded: true, destroyed: false });
    expect(socket.writable).toBe(true);
    socket.write("more");
    await client.receive("more");
    const closed = once(client.stream, "close");
    socket.end();
    await closed;
    await until(() => socket.destroyed);
  });

  test("after the owner's end, the client can go on writing", async () => {
    const { client, socket } = await takeFirst(kind);
    const data = once(socket, "data");
    const ended = once(client.stream, "end");
    client.stream.allowHalfOpen = true;
    socket.end("last");
    await ended;
    expect(client.received).toBe("last");
    client.stream.write("answer");
    expect(String((await data)[0])).toBe("answer");
    const closed = once(socket, "close");
    client.end();
    await closed;
  });

  test("maxRequestsPerSocket does not end it", async () => {
    const server = await serve(kind);
    server.maxRequestsPerSocket = 1;
    const client = await connectHttp1(server, kind);
    const { socket } = await takeNext(server, client);
    await sleep(20);
    await converse(socket, client);
  });
});
