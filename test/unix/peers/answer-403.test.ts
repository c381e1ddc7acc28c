// A refused peer gets a 403 and nothing else, whatever it sends, over each kind of HTTP. No handler is called.
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import tls from "node:tls";
import { allowPeers } from "sockinfo/unix";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { makePair } from "../../helpers/duplex-pair";
import { lacks } from "../../helpers/needs";
import { rejectUnauthorized, serverKinds } from "../helpers/server-kinds";
import { openToAll } from "../helpers/visitors";

const FORBIDDEN = /^HTTP\/1\.1 403 Forbidden\r\nDate: [^\r\n]+\r\nContent-Length: 0\r\nConnection: close\r\n\r\n$/;

/** Has the server refuse every peer with 403. */
async function refuseAll(server: net.Server): Promise<{ path: string; handler: () => void; refused: () => void }> {
  const [handler, refused] = [vi.fn(), vi.fn()];
  for (const event of ["request", "stream", "session", "upgrade", "checkContinue"]) server.on(event, handler);
  allowPeers(server, {}, { refuseWith: 403 }).on("refused", refused);
  return { path: await openToAll(server), handler, refused };
}

/** The timers of the gate fire only by vi.advanceTimersByTime(). Node's own ones go on. */
function holdTimers(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
}

/** Everything that the server sends. The client never ends its side. */
function converse(path: string, says: string | Buffer): Promise<string> {
  const socket = net.connect({ path, allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  socket.write(says);
  return text(socket);
}

function connectionsOf(server: net.Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
}

describe("over HTTP/1", () => {
  test.each<[string, string | Buffer]>([
    ["GET", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["two requests at once", "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["an Upgrade", "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"],
    ["CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["Expect", "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"],
    ["bytes that are not HTTP", "\0\u0001\u0002\r\n\r\n"],
    ["nothing", ""],
    [
      "a megabyte of a body",
      Buffer.concat([
        Buffer.from("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n"),
        Buffer.alloc(1_048_576),
      ]),
    ],
  ])("to %s", async (_name, says) => {
    const { path, handler, refused } = await refuseAll(http.createServer());
    expect(await converse(path, says)).toMatch(FORBIDDEN);
    expect(handler).not.toHaveBeenCalled();
    expect(refused).toHaveBeenCalledOnce();
  });

  test("to Node's own client, which is still sending a body", async () => {
    const { path } = await refuseAll(http.createServer());
    const request = http.request({ socketPath: path, method: "PUT", agent: false }).on("error", () => {});
    request.write(Buffer.alloc(500_000));
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    expect(response.statusCode).toBe(403);
    request.destroy();
  });

  test("to a client that never closes: the server closes the connection after a second", async () => {
    holdTimers();
    const server = http.createServer();
    const gate = allowPeers(server, {}, { refuseWith: 403 });
    const path = await openToAll(server);
    const socket = net.connect({ path, allowHalfOpen: true }).on("error", () => {});
    onTestFinished(() => void socket.destroy());
    await once(gate, "refused");
    await once(socket.resume(), "end");
    vi.advanceTimersByTime(999);
    // What it still sends makes no difference.
    await new Promise((resolve) => socket.write("x", resolve));
    expect(await connectionsOf(server)).toBe(1);
    vi.advanceTimersByTime(1);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe.skipIf(lacks("openssl"))("over TLS", () => {
  test.each(serverKinds("https", "h2"))("HTTP/1 on a server of %s", async (_name, { create }) => {
    const { path, handler, refused } = await refuseAll(create());
    const socket = tls.connect({ path, rejectUnauthorized, ALPNProtocols: ["http/1.1"] });
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(await text(socket)).toMatch(FORBIDDEN);
    expect(handler).not.toHaveBeenCalled();
    expect(refused).toHaveBeenCalledOnce();
  });
});

describe.skipIf(lacks("openssl"))("over HTTP/2", () => {
  test.each(serverKinds("h2c", "h2"))("on a server of %s", async (_name, { create, isTls }) => {
    const connect = (path: string): net.Socket =>
      isTls ? tls.connect({ path, rejectUnauthorized, ALPNProtocols: ["h2"] }) : net.connect(path);
    const { path, handler, refused } = await refuseAll(create());
    const session = http2.connect("http://localhost", { createConnection: () => connect(path) }).on("error", () => {});
    onTestFinished(() => session.destroy());
    const stream = session.request({ ":path": "/" }).on("error", () => {});
    const [headers] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
    expect(headers[":status"]).toBe(403);
    expect(await text(stream)).toBe("");
    expect(handler).not.toHaveBeenCalled();
    expect(refused).toHaveBeenCalledOnce();
  });
});

test("an admitted peer is answered by the server", async () => {
  const server = http.createServer((_req, res) => res.end("welcome"));
  allowPeers(server, { uids: [process.geteuid?.() ?? -1] }, { refuseWith: 403 });
  const [response] = (await once(http.get({ socketPath: await openToAll(server), agent: false }), "response")) as [
    http.IncomingMessage,
  ];
  expect([response.statusCode, await text(response)]).toEqual([200, "welcome"]);
});

describe.skipIf(lacks("openssl"))("if a listener of 'refused' throws", () => {
  test.each(serverKinds("http", "https"))(
    "the connection to a server of %s ends all the same",
    async (_name, { create }) => {
      const server = create();
      const error = new Error("of the listener");
      allowPeers(server, {}, { refuseWith: 403 }).on("refused", () => {
        throw error;
      });
      // Without this it would be an uncaughtException, after which some processes go on.
      const thrown: unknown[] = [];
      const guarded = server.emit as (...parameters: unknown[]) => boolean;
      server.emit = (...parameters: unknown[]): boolean => {
        try {
          return guarded.apply(server, parameters);
        } catch (caught) {
          thrown.push(caught);
          return true;
        }
      };
      const socket = net.connect(await openToAll(server)).on("error", () => {});
      socket.end("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      await new Promise((resolve) => socket.resume().once("close", resolve));
      expect(thrown).toEqual([error]);
      await new Promise((resolve) => server.close(resolve));
    },
  );
});

describe.skipIf(lacks("openssl"))("in the TLS handshake before the 403", () => {
  const ERRORS = ["tlsClientError", "clientError", "keylog", "secureConnection", "sessionError"];

  const KINDS = serverKinds("https", "h2");
  const createHttps = () => KINDS[0]?.[1].create() as net.Server;

  /** Notes the events of the server. */
  async function listen(server: net.Server, rule: object) {
    const heard: string[] = [];
    for (const event of ERRORS) server.on(event, () => void heard.push(event));
    // If the server emits the error, its listener closes the connection.
    server.on("tlsClientError", (_error, socket: net.Socket) => void socket.destroy());
    const gate = allowPeers(server, rule, { refuseWith: 403 });
    const socket = net.connect({ path: await openToAll(server), allowHalfOpen: true }).on("error", () => {});
    const closing = once(socket.resume(), "close");
    socket.on("end", () => socket.destroy());
    return { heard, gate, socket, closing };
  }

  test.each(KINDS)("a server of %s emits no error, and the connection is closed at once", async (_kind, { create }) => {
    holdTimers();
    const [admitted, refused] = [
      await listen(create(), { uids: [process.geteuid?.() ?? -1] }),
      await listen(create(), {}),
    ];
    for (const { socket, closing } of [admitted, refused]) {
      socket.write("GET / HTTP/1.1\r\n\r\n");
      await closing;
    }
    expect(admitted.heard).toContain("tlsClientError");
    expect(refused.heard).toEqual([]);
  });

  // Node alone would wait for two minutes.
  test.each(KINDS)("a silent peer of a server of %s is closed after two seconds", async (_kind, { create }) => {
    holdTimers();
    const { heard, gate, socket, closing } = await listen(create(), {});
    await once(gate, "refused");
    vi.advanceTimersByTime(1999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(socket.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    await closing;
    expect(heard).toEqual([]);
  });

  test("the server emits neither the end of the peer nor its keys", async () => {
    const heard: string[] = [];
    const server = createHttps();
    for (const event of ERRORS) server.on(event, () => void heard.push(event));
    allowPeers(server, {}, { refuseWith: 403 });
    const path = await openToAll(server);
    // Closes in the middle of the handshake.
    const leaver = net.connect(path, () => void leaver.destroy());
    await once(leaver, "close");
    const socket = tls.connect({ path, rejectUnauthorized });
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(await text(socket)).toMatch(FORBIDDEN);
    await new Promise((resolve) => server.close(resolve));
    expect(heard).toEqual([]);
  });

  test("over a stream in memory, the server emits no error", async () => {
    const heard: string[] = [];
    const server = createHttps();
    for (const event of ERRORS) server.on(event, () => void heard.push(event));
    allowPeers(server, {}, { refuseWith: 403 });
    const [near, far] = makePair();
    far.on("error", () => {}).resume();
    server.emit("connection", near);
    far.write("GET / HTTP/1.1\r\n\r\n");
    await once(far, "end");
    await sleep(20);
    expect(heard).toEqual([]);
  });
});
