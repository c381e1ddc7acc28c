// The time limits of a server apply to a released connection as to any other.
import { once } from "node:events";
import type { IncomingMessage, RequestListener, Server, ServerOptions } from "node:http";
import type { Socket } from "node:net";
import { hijack, release } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { until } from "../helpers/servers";
import { pauses } from "./helpers/pauses";
import { GET_TAKE } from "./helpers/requests";
import { HTTP1 } from "../helpers/http-servers";
import { connectTo, type Kind, Received, serve } from "./helpers/servers";

const OPTIONS: ServerOptions = { connectionsCheckingInterval: 20 };
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const TIMEOUT = /HTTP\/1\.1 408 Request Timeout\r\nConnection: close\r\n\r\n$/;

async function start(options: ServerOptions, kind: Kind = "http"): Promise<Server> {
  const handler: RequestListener = (request, response) => {
    if (request.url === "/") request.resume().on("end", () => setImmediate(() => response.end("ok")));
    if (request.url === "/now") response.end("ok");
    if (request.url === "/take") void takeAndRelease(request, response);
  };
  return serve(kind, handler, { ...OPTIONS, ...options });
}

async function takeAndRelease(...[request, response]: Parameters<typeof hijack>): Promise<void> {
  const { socket, head } = await hijack(request, response);
  socket.on("error", () => {});
  socket.write("HTTP/1.1 204 No Content\r\n\r\n");
  release(socket, head);
}

async function released(options: ServerOptions) {
  const server = await start(options);
  const client = await connectTo(server, "http");
  const received = new Received(client);
  client.write(GET_TAKE);
  await until(() => received.text.includes("204"));
  return { server, client, received };
}

describe("a released connection", () => {
  test("headersTimeout", async () => {
    const { client, received } = await released({ headersTimeout: 50, requestTimeout: 100 });
    client.write("GET / HT");
    await received.over;
    expect(received.text).toMatch(TIMEOUT);
  });

  test("requestTimeout", async () => {
    const { client, received } = await released({ headersTimeout: 50, requestTimeout: 100 });
    client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    await received.over;
    expect(received.text).toMatch(TIMEOUT);
  });

  test.each(HTTP1)("%s: stays open for keepAliveTimeout, as after an answer of Node", async (kind) => {
    const sockets: Socket[] = [];
    const server = await start({ keepAliveTimeout: 12_345 }, kind);
    server.on("request", ({ socket }) => sockets.push(socket));
    for (const request of [GET, GET_TAKE, `GET /now HTTP/1.1\r\nHost: a\r\n\r\n`]) {
      const client = await connectTo(server, kind);
      const received = new Received(client);
      client.write(request);
      await until(() => /ok$|204[^]*\r\n\r\n$/.test(received.text));
    }
    const [answered, taken, answeredAtOnce] = sockets as [Socket, Socket, Socket];
    // Before Node 22, HTTP/2 servers have no keepAliveTimeout.
    if (kind !== "h2-http1") expect(answered.timeout).toBeGreaterThanOrEqual(12_345);
    expect([taken.timeout, answeredAtOnce.timeout]).toEqual([answered.timeout, answered.timeout]);
  });

  test("server.timeout, while its next request is answered, and keepAliveTimeout again", async () => {
    const { server, client, received } = await released({ keepAliveTimeout: 12_345 });
    server.timeout = 54_321;
    const timeouts: unknown[] = [];
    server.on("request", ({ socket }: IncomingMessage) => timeouts.push(socket.timeout));
    for (const count of [1, 2]) {
      client.write(GET);
      await until(() => received.text.split("\r\n\r\nok").length === count + 1);
    }
    expect(timeouts).toEqual([54_321, 54_321]);
  });

  test.each(["closeIdleConnections", "closeAllConnections"] as const)("%s(), at once", async (close) => {
    const { server, received } = await released({});
    server[close]();
    await received.over;
    expect(received.isOver).toBe(true);
  });

  test("while it is busy, closeAllConnections() closes it, and closeIdleConnections() does not", async () => {
    const { server, client, received } = await released({});
    const coming = once(server, "request");
    client.write("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
    await coming;
    server.closeIdleConnections();
    await pauses.twoImmediates();
    expect(received.isOver).toBe(false);
    server.closeAllConnections();
    await received.over;
    expect(received.isOver).toBe(true);
  });

  test("closeIdleConnections(), after the next request", async () => {
    const { server, client, received } = await released({});
    client.write(GET);
    await until(() => received.text.endsWith("ok"));
    server.closeIdleConnections();
    await received.over;
    expect(received.isOver).toBe(true);
  });

  test("'connection' is not emitted again", async () => {
    let count = 0;
    const server = await start({});
    server.on("connection", () => (count += 1));
    const client = await connectTo(server, "http");
    const received = new Received(client);
    client.write(GET_TAKE);
    await until(() => received.text.includes("204"));
    client.write(GET);
    await until(() => received.text.endsWith("ok"));
    expect(count).toBe(1);
  });
});

test("a connection that stays silent is closed by keepAliveTimeout, and gets no 408", async () => {
  // Node 20 adds a second to the time. Later versions add `keepAliveTimeoutBuffer`.
  const limits = { headersTimeout: 50, requestTimeout: 60, keepAliveTimeout: 200, keepAliveTimeoutBuffer: 0 };
  const all: Received[] = [];
  for (const requests of [[GET_TAKE], [GET_TAKE, GET], [GET]]) {
    const client = await connectTo(await start(limits), "http");
    const received = new Received(client);
    all.push(received);
    for (const [index, request] of requests.entries()) {
      client.write(request);
      await until(() => received.text.split(/HTTP\/1.1 \d+ [^]*?\r\n\r\n/).length === index + 2);
    }
  }
  const before = performance.now();
  await Promise.all(all.map(({ over }) => over));
  expect(performance.now() - before).toBeGreaterThan(100);
  for (const { text } of all) expect(text).not.toContain("408");
});
