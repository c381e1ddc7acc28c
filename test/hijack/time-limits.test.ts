// The time limits of a server: on a connection that was given back, and on a request that is held, as anywhere.
import { createServer, type Server, type ServerOptions } from "node:http";
import { hijack, release, enableHijack } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { listen, until } from "../helpers/servers";
import { connectTo, Received } from "./helpers/kinds";
import { GET_TAKE } from "./helpers/take";

const OPTIONS: ServerOptions = { connectionsCheckingInterval: 20 };
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const TIMEOUT = /HTTP\/1\.1 408 Request Timeout\r\nConnection: close\r\n\r\n$/;

async function start(options: ServerOptions, hold = false): Promise<Server> {
  const server = createServer({ ...OPTIONS, ...options }, (request, response) => {
    if (request.url === "/") request.resume().on("end", () => setImmediate(() => response.end("ok")));
    if (request.url !== "/take") return;
    void takeAndRelease(request, response);
  });
  enableHijack(server, hold ? { hold: () => true } : {});
  return listen(server);
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

describe("a connection that was given back", () => {
  test("headersTimeout", async () => {
    const { client, received } = await released({ headersTimeout: 100, requestTimeout: 200 });
    client.write("GET / HT");
    await received.over;
    expect(received.text).toMatch(TIMEOUT);
  });

  test("requestTimeout", async () => {
    const { client, received } = await released({ headersTimeout: 100, requestTimeout: 200 });
    client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    await received.over;
    expect(received.text).toMatch(TIMEOUT);
  });

  test("keepAliveTimeout, behind the next request", async () => {
    const { client, received } = await released({ keepAliveTimeout: 100 });
    client.write(GET);
    await received.over;
    expect(received.text).toMatch(/\r\n\r\nok$/);
  });

  test("closeAllConnections()", async () => {
    const { server, client, received } = await released({});
    client.write("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
    await new Promise((resolve) => setTimeout(resolve, 20));
    server.closeAllConnections();
    await received.over;
    expect(received.isOver).toBe(true);
  });

  test("closeIdleConnections(), behind the next request", async () => {
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

describe("a request that is held", () => {
  test.each([
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
  ])("requestTimeout, while its body does not come: %j", async (sent) => {
    const client = await connectTo(await start({ headersTimeout: 100, requestTimeout: 200 }, true), "http");
    const received = new Received(client);
    client.write(sent);
    await received.over;
    expect(received.text).toMatch(TIMEOUT);
  });

  test("keepAliveTimeout, when it was answered", async () => {
    const client = await connectTo(await start({ keepAliveTimeout: 100 }, true), "http");
    const received = new Received(client);
    client.write(GET);
    await received.over;
    expect(received.text).toMatch(/\r\n\r\nok$/);
  });

  test("headersTimeout, of the next one", async () => {
    const client = await connectTo(await start({ headersTimeout: 100, requestTimeout: 200 }, true), "http");
    const received = new Received(client);
    client.write(`${GET}GET / HT`);
    await received.over;
    expect(received.text).toMatch(/\r\n\r\nokHTTP\/1\.1 408/);
  });

  test("no limit, while its handler takes its time", async () => {
    const limits = { headersTimeout: 50, requestTimeout: 50, keepAliveTimeout: 50 };
    const client = await connectTo(await start(limits, true), "http");
    const received = new Received(client);
    client.write("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(received).toMatchObject({ text: "", isOver: false });
  });
});
