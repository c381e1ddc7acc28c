// Nothing of HTTP is left on a hijacked socket. It is compared with a socket that no HTTP server has used.
import { once } from "node:events";
import type { Server, ServerResponse } from "node:http";
import net, { type Socket } from "node:net";
import tls from "node:tls";
import { hijack, release } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { connectHttp1, dial, secure } from "../helpers/http-clients";
import { certificate, HTTP1, isTls, open, type Kind, nextRequest } from "../helpers/http-servers";
import { takeNext } from "./helpers/hijacked";
import { WHEN, type When, pauses } from "./helpers/pauses";
import { serve } from "./helpers/servers";

type Inner = Socket & Record<"parser" | "_httpMessage" | "_paused" | "_handle", unknown>;

/** A socket that a server of node:net or node:tls has accepted. */
async function acceptPlainly(kind: Kind): Promise<Socket> {
  const plain = isTls(kind)
    ? tls.createServer({ ...certificate(), allowHalfOpen: true })
    : net.createServer({ allowHalfOpen: true });
  const server = await open(plain, kind);
  const accepted = once(server, isTls(kind) ? "secureConnection" : "connection") as Promise<[Socket]>;
  const wire = await dial(server);
  if (isTls(kind)) await secure(wire, "http/1.1");
  return (await accepted)[0];
}

/** Lists each listener with its text, so that another one of the same name is noticed. */
function listenersOf(socket: Socket): Record<string, string[]> {
  const sources = socket.eventNames().map((event) => [
    String(event),
    socket
      .rawListeners(event)
      .map((listener) => `${listener.name} ${String(listener)}`)
      .toSorted(),
  ]);
  return Object.fromEntries(sources) as Record<string, string[]>;
}

/** The properties of a socket that depend on its server, or that could be left over. */
function describeSocket(socket: Socket) {
  const { parser, _httpMessage, _paused, _handle } = socket as Inner;
  const { readableFlowing, readableEncoding, allowHalfOpen, writableLength, readableLength } = socket;
  return {
    listeners: listenersOf(socket),
    methods: Object.keys(socket).filter((name) => typeof (socket as unknown as Inner)[name as "parser"] === "function"),
    parser: parser ?? null,
    message: _httpMessage ?? null,
    isPaused: _paused ?? false,
    timeout: socket.timeout || 0,
    // Sockets of node:tls and of HTTP/2 are not read before they have a reader.
    isConsumed: (_handle as { _consumed?: boolean })._consumed ?? false,
    streams: { readableFlowing, readableEncoding, allowHalfOpen, writableLength, readableLength },
  };
}

async function take(server: Server, kind: Kind, when: When, requests: number): Promise<Socket> {
  const client = await connectHttp1(server, kind);
  for (let earlier = 1; earlier < requests; earlier++) {
    client.send("/");
    (await nextRequest(server))[1].end("ok");
    await client.receive("\r\n\r\nok");
    client.received = "";
  }
  if (when === "early") return (await takeNext(server, client)).socket;
  client.send("/");
  return (await hijack(...(await nextRequest(server)))).socket;
}

describe.each(HTTP1)("%s", (kind) => {
  describe.each(WHEN)("%s", (when) => {
    test.each([1, 3])("listeners, properties and state, taken by request %i", async (requests) => {
      const plain = describeSocket(await acceptPlainly(kind));
      const server = await serve(kind);
      server.timeout = 60_000;
      const socket = await take(server, kind, when, requests);
      socket.removeAllListeners("error").on("error", () => {});
      const hijacked = describeSocket(socket);
      const { newListener, ...others } = hijacked.listeners;
      // sockinfo's listener, which keeps errors until the owner listens.
      const notOurs = newListener?.filter((listener) => !listener.startsWith("onNewListener ")) ?? [];
      const owned = {
        ...others,
        ...(notOurs.length > 0 && { newListener: notOurs }),
        error: plain.listeners["error"],
      };
      expect(hijacked).toEqual({ ...plain, isConsumed: hijacked.isConsumed, listeners: expect.anything() as unknown });
      expect(JSON.parse(JSON.stringify(owned))).toEqual(plain.listeners);
    });
  });

  test.each(WHEN)("%s: the cork of a response, so that writes are sent", async (when) => {
    const server = await serve(kind);
    const client = await connectHttp1(server, kind);
    const taken = new Promise<Socket>((resolve) => {
      server.once("request", (req, res: ServerResponse) => {
        res.cork();
        res.cork();
        const hijackIt = async () => resolve((await hijack(req, res)).socket);
        if (when === "early") void hijackIt();
        else setImmediate(() => void hijackIt());
      });
    });
    client.send("/");
    const socket = await taken;
    expect(socket.writableCorked).toBe(0);
    socket.write("sent");
    await client.receive("sent");
  });

  test("setEncoding(), which HTTP refuses, works", async () => {
    const server = await serve(kind);
    const client = await connectHttp1(server, kind);
    const { socket } = await takeNext(server, client);
    socket.setEncoding("utf8");
    const got = once(socket, "data");
    client.stream.write("\u00e4");
    expect(await got).toEqual(["ä"]);
  });

  test("asynchronous iteration, pipes and 'readable' read it", async () => {
    const server = await serve(kind);
    const client = await connectHttp1(server, kind);
    const { socket } = await takeNext(server, client);
    const readable = once(socket, "readable");
    client.stream.write("one");
    await readable;
    expect(String(socket.read())).toBe("one");
    socket.removeAllListeners("readable");
    client.stream.end("two");
    let text = "";
    for await (const data of socket) text += String(data);
    expect(text).toBe("two");
  });

  test("after release(), it has the same listeners as before", async () => {
    const server = await serve(kind);
    const client = await connectHttp1(server, kind);
    client.send("/");
    const [req, res] = await nextRequest(server);
    const before = listenersOf(req.socket);
    const { socket } = await hijack(req, res);
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    release(socket, Buffer.alloc(0));
    client.send("/");
    const [again, answer] = await nextRequest(server);
    const { close: closers = [], ...others } = listenersOf(again.socket);
    expect(others).toEqual({ ...before, close: undefined });
    // One listener more: the parser must get nothing after the connection has closed.
    expect(closers.filter((listener) => !listener.startsWith("stopFeeding "))).toEqual(before["close"]);
    expect(closers.length).toBe((before["close"]?.length ?? 0) + 1);
    answer.end("ok");
    await client.receive("\r\n\r\nok");
  });

  test("hijacked and released repeatedly, it gets no more listeners", async () => {
    const server = await serve(kind);
    const client = await connectHttp1(server, kind);
    const seen: Record<string, string[]>[] = [];
    for (let requests = 0; requests < 4; requests++) {
      client.send("/");
      const [req, res] = await nextRequest(server);
      await pauses.immediate();
      const { socket, head } = await hijack(req, res);
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      release(socket, head);
      seen.push(listenersOf(req.socket));
      await client.receive("\r\n\r\nok");
      client.received = "";
    }
    expect(seen.slice(1)).toEqual(Array(3).fill(seen[0]));
  });
});
