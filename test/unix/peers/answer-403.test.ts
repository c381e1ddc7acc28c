// A 403 and nothing else to who may not enter, whatever it sends, over each kind of HTTP; and no handler hears of it.
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import { text } from "node:stream/consumers";
import tls from "node:tls";
import { allowPeers } from "sockinfo/unix";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { makeCertificate } from "../../helpers/certificate";
import { makePair } from "../../helpers/duplex-pair";
import { lacks } from "../../helpers/needs";
import { openToAll } from "../helpers/visitors";

const FORBIDDEN = /^HTTP\/1\.1 403 Forbidden\r\nDate: [^\r\n]+\r\nContent-Length: 0\r\nConnection: close\r\n\r\n$/;
const certificate = lacks("openssl") ? undefined : makeCertificate();
const rejectUnauthorized = false;

/** A server that lets nobody in, and says so. */
async function closed(server: net.Server): Promise<{ path: string; handler: () => void; refused: () => void }> {
  const [handler, refused] = [vi.fn(), vi.fn()];
  for (const event of ["request", "stream", "session", "upgrade", "checkContinue"]) server.on(event, handler);
  allowPeers(server, {}, { refuseWith: 403 }).on("refused", refused);
  return { path: await openToAll(server), handler, refused };
}

/** All that comes. The client never ends its side. */
function converse(path: string, says: string | Buffer): Promise<string> {
  const socket = net.connect({ path, allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  socket.write(says);
  return text(socket);
}

describe("over HTTP/1", () => {
  test.each<[string, string | Buffer]>([
    ["GET", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["two requests at once", "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["an Upgrade", "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"],
    ["CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["Expect", "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"],
    ["what is no HTTP", "\0\u0001\u0002\r\n\r\n"],
    ["nothing", ""],
    [
      "a megabyte of a body",
      Buffer.concat([
        Buffer.from("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n"),
        Buffer.alloc(1_048_576),
      ]),
    ],
  ])("to %s", async (_name, says) => {
    const { path, handler, refused } = await closed(http.createServer());
    expect(await converse(path, says)).toMatch(FORBIDDEN);
    expect(handler).not.toHaveBeenCalled();
    expect(refused).toHaveBeenCalledOnce();
  });

  test("to Node's own client, with a body that it would still send", async () => {
    const { path } = await closed(http.createServer());
    const request = http.request({ socketPath: path, method: "PUT", agent: false }).on("error", () => {});
    request.write(Buffer.alloc(500_000));
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    expect(response.statusCode).toBe(403);
    request.destroy();
  });

  test("the connection of a client that never goes is closed", async () => {
    const server = http.createServer();
    const { path } = await closed(server);
    const socket = net.connect({ path, allowHalfOpen: true }).resume();
    const closing = new Promise((resolve) => socket.once("close", resolve));
    const chatter = setInterval(() => socket.write("x"), 20);
    socket.on("error", () => clearInterval(chatter));
    await closing;
    await new Promise((resolve) => server.close(resolve));
  });
});

describe.skipIf(lacks("openssl"))("over TLS", () => {
  test.each<[string, () => net.Server]>([
    ["https", () => https.createServer({ ...certificate })],
    ["HTTP/1 of http2", () => http2.createSecureServer({ ...certificate, allowHTTP1: true })],
  ])("by %s", async (_name, create) => {
    const { path, handler, refused } = await closed(create());
    const socket = tls.connect({ path, rejectUnauthorized, ALPNProtocols: ["http/1.1"] });
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(await text(socket)).toMatch(FORBIDDEN);
    expect(handler).not.toHaveBeenCalled();
    expect(refused).toHaveBeenCalledOnce();
  });
});

describe.skipIf(lacks("openssl"))("over HTTP/2", () => {
  test.each<[string, () => net.Server, (path: string) => net.Socket]>([
    ["without TLS", () => http2.createServer(), (path) => net.connect(path)],
    [
      "with TLS",
      () => http2.createSecureServer({ ...certificate }),
      (path) => tls.connect({ path, rejectUnauthorized, ALPNProtocols: ["h2"] }),
    ],
  ])("%s", async (_name, create, connect) => {
    const { path, handler, refused } = await closed(create());
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

test("who may enter is answered by the server", async () => {
  const server = http.createServer((_req, res) => res.end("welcome"));
  allowPeers(server, { uids: [process.geteuid?.() ?? -1] }, { refuseWith: 403 });
  const [response] = (await once(http.get({ socketPath: await openToAll(server), agent: false }), "response")) as [
    http.IncomingMessage,
  ];
  expect([response.statusCode, await text(response)]).toEqual([200, "welcome"]);
});

describe.skipIf(lacks("openssl"))("where a listener of refusals throws", () => {
  test.each<[string, () => net.Server]>([
    ["http", () => http.createServer()],
    ["https", () => https.createServer({ ...certificate })],
  ])("the connection to a server of %s ends all the same", async (_name, create) => {
    const server = create();
    const error = new Error("of the listener");
    allowPeers(server, {}, { refuseWith: 403 }).on("refused", () => {
      throw error;
    });
    // What would be an uncaughtException, after which some processes live on.
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
  });
});

describe.skipIf(lacks("openssl"))("in the handshake of a peer that gets 403 behind it", () => {
  const ERRORS = ["tlsClientError", "clientError", "keylog", "secureConnection", "sessionError"];

  /** What a server that would wait for two minutes hears of, how long the connection lasts, and what comes. */
  async function watch(create: () => net.Server, says: Buffer | string, rule: object) {
    const heard: string[] = [];
    const server = create();
    for (const event of ERRORS) server.on(event, () => void heard.push(event));
    // Of an error that is heard of, the listener closes the connection.
    server.on("tlsClientError", (_error, socket: net.Socket) => void socket.destroy());
    allowPeers(server, rule, { refuseWith: 403 });
    const socket = net.connect({ path: await openToAll(server), allowHalfOpen: true }).on("error", () => {});
    const start = performance.now();
    if (says.length > 0) socket.write(says);
    const closing = new Promise((resolve) => socket.resume().once("close", resolve));
    socket.on("end", () => socket.destroy());
    await closing;
    await new Promise((resolve) => server.close(resolve));
    return { heard, seconds: (performance.now() - start) / 1000 };
  }

  const KINDS: [string, () => net.Server][] = [
    ["https", () => https.createServer({ ...certificate })],
    ["h2", () => http2.createSecureServer({ ...certificate, allowHTTP1: true })],
  ];

  test.each(KINDS)("errors are not for a server of %s", async (_kind, create) => {
    const admitted = await watch(create, "GET / HTTP/1.1\r\n\r\n", { uids: [process.geteuid?.() ?? -1] });
    expect(admitted.heard).toContain("tlsClientError");
    const { heard, seconds } = await watch(create, "GET / HTTP/1.1\r\n\r\n", {});
    expect(heard).toEqual([]);
    expect(seconds).toBeLessThan(1.5);
  });

  test.each(KINDS)("silence ends soon on a server of %s", async (_kind, create) => {
    const { heard, seconds } = await watch(create, "", {});
    expect(heard).toEqual([]);
    expect(seconds).toBeLessThan(10);
  });

  test("neither is what another end does, nor its keys", async () => {
    const heard: string[] = [];
    const server = https.createServer({ ...certificate });
    for (const event of ERRORS) server.on(event, () => void heard.push(event));
    allowPeers(server, {}, { refuseWith: 403 });
    const path = await openToAll(server);
    // Leaves in the middle.
    const leaver = net.connect(path, () => void leaver.destroy());
    await once(leaver, "close");
    const socket = tls.connect({ path, rejectUnauthorized });
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(await text(socket)).toMatch(FORBIDDEN);
    await new Promise((resolve) => server.close(resolve));
    expect(heard).toEqual([]);
  });

  test("that is over a stream in memory, errors are not for the server", async () => {
    const heard: string[] = [];
    const server = https.createServer({ ...certificate });
    for (const event of ERRORS) server.on(event, () => void heard.push(event));
    allowPeers(server, {}, { refuseWith: 403 });
    const [near, far] = makePair();
    far.on("error", () => {}).resume();
    server.emit("connection", near);
    far.write("GET / HTTP/1.1\r\n\r\n");
    await once(far, "end");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(heard).toEqual([]);
  });
});
