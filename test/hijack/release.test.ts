// After release() the server serves the next requests of the connection.
import { IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { hijack, release } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { isTls, type Http1Kind } from "../helpers/http-servers";
import { until } from "../helpers/servers";
import { WHEN, type When, pauses } from "./helpers/pauses";
import { GET_TAKE } from "./helpers/requests";
import { KINDS, type Kind, Received, connectTo, serve } from "./helpers/servers";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
const RELEASED = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nreleased";

interface Scene {
  readonly server: Server;
  readonly client: Duplex;
  readonly received: Received;
  readonly connections: Socket[];
  readonly sockets: Socket[];
}

/** Answers "/take" on the socket and releases the connection. Answers other requests with their body. */
async function start(kind: Kind, mode: When): Promise<Scene> {
  const sockets: Socket[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.url !== "/take") {
      response.write("of ");
      for await (const piece of request) response.write(piece);
      response.end(request.url);
      return;
    }
    if (mode === "late") await pauses.immediate();
    const { socket, head } = await hijack(request, response);
    sockets.push(socket);
    socket.write(RELEASED);
    release(socket, head);
  };
  const server = await serve(kind, (...parameters) => void handle(...parameters));
  const connections: Socket[] = [];
  server.on("connection", (socket) => connections.push(socket));
  const client = await connectTo(server, kind);
  return { server, client, received: new Received(client), connections, sockets };
}

/** The bodies, in order. Node sends those for "/" in chunks. */
function bodiesOf({ text }: Received): string[] {
  return Array.from(text.matchAll(/released|of .*?\/\r\n0\r\n/gs), ([body]) =>
    body.replaceAll(/\r\n[\da-f]+\r\n/g, ""),
  );
}

describe.each(KINDS)("%s", (kind) => {
  describe.each(WHEN)("%s", (mode) => {
    test("the next requests are served, and taken again", async () => {
      const { client, received, connections, sockets } = await start(kind, mode);
      const expected: string[] = [];
      for (const [request, body] of [
        [GET_TAKE, "released"],
        [GET, "of /"],
        [POST, "of hello/"],
        [GET_TAKE, "released"],
        [GET_TAKE, "released"],
        [POST, "of hello/"],
      ] as const) {
        client.write(request);
        expected.push(body);
        await until(() => bodiesOf(received).length === expected.length);
      }
      expect(bodiesOf(received)).toEqual(expected);
      expect(connections.length).toBe(1);
      expect(new Set(sockets).size).toBe(1);
    });

    test.skipIf(mode === "late")("requests that the client sent before it are served", async () => {
      const { client, received, connections } = await start(kind, mode);
      client.write(GET_TAKE.repeat(3) + GET + POST);
      await until(() => bodiesOf(received).length === 5);
      expect(bodiesOf(received)).toEqual(["released", "released", "released", "of /", "of hello/"]);
      expect(connections.length).toBe(1);
    });

    test.skipIf(mode === "late")("the end of the leftover comes later", async () => {
      const places = Array.from({ length: POST.length / 3 }, (_, index) => 3 * index + 1);
      for (const at of kind === "duplex" ? places : [1, POST.indexOf("\r\n\r\n") + 2, POST.length - 1]) {
        const { client, received } = await start(kind, mode);
        client.write(GET_TAKE + POST.slice(0, at));
        await pauses.twoImmediates();
        client.write(POST.slice(at));
        await until(() => bodiesOf(received).length === 2);
        expect(bodiesOf(received)).toEqual(["released", "of hello/"]);
      }
    });

    test.skipIf(mode === "late")("a leftover that is not HTTP is answered as on any connection", async () => {
      const { client, received } = await start(kind, mode);
      client.write(`${GET_TAKE}no HTTP at all\r\n\r\n`);
      await received.over;
      // Over TLS, Node destroys the connection before it has sent the answer.
      const answer = isTls(kind as Http1Kind) ? "" : "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
      expect(received.text).toBe(RELEASED + answer);
    });

    test("the client's end is seen", async () => {
      const { client, received, sockets } = await start(kind, mode);
      client.write(GET_TAKE);
      await until(() => sockets.length === 1);
      client.end();
      await received.over;
      expect(received.text).toBe(RELEASED);
      await until(() => sockets[0]?.destroyed === true);
    });
  });
});

test("a server with its own class of requests makes one instance for each request of the client", async () => {
  let made = 0;
  class Request extends IncomingMessage {
    constructor(socket: Socket) {
      super(socket);
      made += 1;
    }
  }
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const { socket, head } = await hijack(request, response);
    socket.write(RELEASED);
    release(socket, head);
  };
  const server = await serve("http", (...parameters) => void handle(...parameters), { IncomingMessage: Request });
  const client = await connectTo(server, "http");
  const received = new Received(client);
  for (let count = 1; count <= 3; count++) {
    client.write(GET_TAKE);
    await until(() => bodiesOf(received).length === count);
    await pauses.twoImmediates();
    expect(made).toBe(count);
  }
});
