// getCurrentSocket() in everything that a request starts, against the port that the client has and sends; and nowhere else.
import { pbkdf2 } from "node:crypto";
import { once } from "node:events";
import { cpSync, createReadStream, mkdtempSync, readFile, rmSync } from "node:fs";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import { createRequire } from "node:module";
import { connect, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { json, text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import tls from "node:tls";
import { getSocket, getTcpInfo, tryGetTcpInfo } from "sockinfo";
import type * as connections from "sockinfo/connections";
import { type Closeable, enableCurrentSocket, getCurrentConnection, getCurrentSocket } from "sockinfo/connections";
import { describe, expect, onTestFinished, test } from "vitest";
// Not public: the tracker has it.
import { enterSocket } from "../../src/connections/enter-socket";
import { makeCertificate } from "../helpers/certificate";
import { root } from "../helpers/docs";
import { lacks } from "../helpers/needs";
import { listen, portOf, until } from "../helpers/servers";

const certificate = lacks("openssl") ? undefined : makeCertificate();

function enable(): Closeable {
  const currentSocket = enableCurrentSocket();
  onTestFinished(() => currentSocket.close());
  return currentSocket;
}

/** What stands in an answer: the port of the client, if all is right. */
const port = (): number | string => getCurrentSocket()?.remotePort ?? "none";

type Incoming = http.IncomingMessage | http2.Http2ServerRequest;
type Outgoing = http.ServerResponse | http2.Http2ServerResponse;

/** How a handler comes to run on, each giving what it sees there. */
const WAYS: Readonly<Record<string, () => Promise<number | string>>> = {
  "the handler itself": () => Promise.resolve(port()),
  await: async () => {
    await Promise.resolve();
    return port();
  },
  "a microtask": () => new Promise((resolve) => queueMicrotask(() => resolve(port()))),
  nextTick: () => new Promise((resolve) => process.nextTick(() => resolve(port()))),
  "a timer": () => new Promise((resolve) => setTimeout(() => resolve(port()), Math.random() * 5)),
  "a timer's promise": () => sleep(Math.random() * 5).then(port),
  setImmediate: () => new Promise((resolve) => setImmediate(() => resolve(port()))),
  fs: () => new Promise((resolve) => readFile(import.meta.filename, () => resolve(port()))),
  "a thread of the pool": () => new Promise((resolve) => pbkdf2("a", "b", 1, 8, "sha1", () => resolve(port()))),
  "the end of a stream": async () => {
    const stream = createReadStream(import.meta.filename).resume();
    return new Promise((resolve) => stream.on("close", () => resolve(port())));
  },
  "a loop over a stream": async () => {
    for await (const _ of Readable.from([1, 2])) await Promise.resolve();
    return port();
  },
};

/** Answers at the first part of the body, so that the client sends the second one, and tells at the end what it saw. */
function handle(req: Incoming, res: Outgoing): void {
  const seen: Record<string, number | string> = {};
  const running = Object.entries(WAYS).map(async ([name, way]) => (seen[name] = await way()));
  req.once("data", () => {
    seen["the first 'data'"] = port();
    (res as http.ServerResponse).write(" ");
  });
  req.on("data", () => (seen["the last 'data'"] = port()));
  req.on("end", async () => {
    seen["'end'"] = port();
    await Promise.all(running);
    seen["after 'end'"] = port();
    res.end(JSON.stringify(seen));
  });
}

const SEEN = [...Object.keys(WAYS), "the first 'data'", "the last 'data'", "'end'", "after 'end'"];

interface Client {
  readonly localPort: number;
  /** Sends the second half of its body when the answer begins. */
  post(): Promise<unknown>;
  close(): void;
}

async function http1Client(socket: Socket): Promise<Client> {
  await once(socket, "encrypted" in socket ? "secureConnect" : "connect");
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  agent.createConnection = () => socket;
  return {
    localPort: socket.localPort as number,
    post: async () => {
      const request = http.request({ method: "POST", agent, headers: { host: "localhost" } });
      request.write("first half");
      const [response] = (await once(request, "response")) as [http.IncomingMessage];
      request.end("second half");
      return json(response);
    },
    close: () => void socket.destroy(),
  };
}

async function http2Client(url: string): Promise<Client> {
  const session = http2.connect(url, { rejectUnauthorized: false });
  await once(session, "connect");
  return {
    localPort: session.socket.localPort as number,
    post: async () => {
      const stream = session.request({ ":method": "POST" });
      stream.write("first half");
      await once(stream, "response");
      stream.end("second half");
      return json(stream);
    },
    close: () => session.destroy(),
  };
}

const cleartext = (server: Server) => connect(portOf(server), "127.0.0.1");
const encrypted = (server: Server) => tls.connect({ port: portOf(server), rejectUnauthorized: false });

const TRANSPORTS: Readonly<
  Record<string, { readonly server: () => Server; readonly client: (server: Server) => Promise<Client> }>
> = {
  http: {
    server: () => http.createServer(handle),
    client: (server) => http1Client(cleartext(server)),
  },
  "HTTP/2 in cleartext": {
    server: () => http2.createServer(handle),
    client: (server) => http2Client(`http://127.0.0.1:${portOf(server)}`),
  },
  ...(certificate && {
    https: {
      server: () => https.createServer(certificate, handle),
      client: (server) => http1Client(encrypted(server)),
    },
    "HTTP/2 over TLS": {
      server: () => http2.createSecureServer(certificate, handle),
      client: (server) => http2Client(`https://127.0.0.1:${portOf(server)}`),
    },
    "HTTP/1 at a server of both": {
      server: () => http2.createSecureServer({ ...certificate, allowHTTP1: true }, handle),
      client: (server) => http1Client(encrypted(server)),
    },
  }),
};

async function connectClient(connecting: Promise<Client>): Promise<Client> {
  const client = await connecting;
  onTestFinished(() => client.close());
  return client;
}

describe.each(Object.entries(TRANSPORTS))("%s", (_name, transport) => {
  test("hundreds of requests over tens of connections each see their own", async () => {
    enable();
    const server = await listen(transport.server());
    await Promise.all(
      Array.from({ length: 30 }, async () => {
        const client = await connectClient(transport.client(server));
        const answers: unknown[] = [];
        for (let i = 0; i < 5; i++) answers.push(...(await Promise.all([client.post(), client.post()])));
        const expected = Object.fromEntries(SEEN.map((name) => [name, client.localPort]));
        expect(answers).toEqual(Array.from({ length: 10 }, () => expected));
      }),
    );
  });

  test("what it gives is what getSocket gives, and leads to TCP_INFO", async () => {
    enable();
    const server = transport.server().removeAllListeners("request");
    const seen: unknown[] = [];
    server.on("request", async (req: Incoming, res: Outgoing) => {
      await sleep(1);
      const socket = getCurrentSocket() as Socket;
      seen.push(socket === getSocket(streamOf(req) ?? req), getTcpInfo(socket).state);
      handle(req, res);
    });
    await (await connectClient(transport.client(await listen(server)))).post();
    expect(seen).toEqual([true, "ESTABLISHED"]);
  });

  test("properties of the accepted socket can be read of it", async () => {
    enable();
    const mark = Symbol("mark");
    const server = transport.server().removeAllListeners("request");
    server.on(server instanceof tls.Server ? "secureConnection" : "connection", (socket: object) =>
      Object.assign(socket, { [mark]: "marked" }),
    );
    let seen: unknown;
    server.prependListener("request", (req: Incoming, res: Outgoing) => {
      seen = (getCurrentSocket() as unknown as Record<symbol, unknown>)[mark];
      handle(req, res);
    });
    await (await connectClient(transport.client(await listen(server)))).post();
    expect(seen).toBe("marked");
  });

  test("listeners of the request and the response have it when the client breaks off", async () => {
    enable();
    const seen: Record<string, unknown> = {};
    const server = transport.server().removeAllListeners("request");
    const arrived = once(server, "request") as Promise<[Incoming, Outgoing]>;
    const client = await connectClient(transport.client(await listen(server)));
    void client.post().catch(() => {});
    const [req, res] = await arrived;
    const expected = getSocket(streamOf(req) ?? req);
    req.on("error", () => {}).on("close", () => (seen["request"] = getCurrentSocket()));
    res.on("error", () => {}).on("close", () => (seen["response"] = getCurrentSocket()));
    client.close();
    await until(() => Object.keys(seen).length === 2);
    expect(seen["request"] === expected && seen["response"] === expected).toBe(true);
  });
});

/** Its session has another proxy of the socket than the request. */
const streamOf = (req: Incoming): http2.ServerHttp2Stream | undefined => ("stream" in req ? req.stream : undefined);

/** Requests that are sent at once over one connection. Each has the port in its body, in two parts. */
async function pipeline(server: Server, count: number): Promise<{ localPort: number; answer: string }> {
  const socket = cleartext(server);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  const { localPort } = socket as { localPort: number };
  const head = `POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n`;
  const request = (i: number) =>
    `${head}${i === count - 1 ? "Connection: close\r\n" : ""}\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n`;
  const requests = Array.from({ length: count }, (_, i) => request(i)).join("");
  // Not at the borders of the requests, so that a body arrives in two pieces.
  for (let at = 0; at < requests.length; at += 331) {
    socket.write(requests.slice(at, at + 331));
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { localPort, answer: await text(socket) };
}

test("pipelined requests see their connection, also in the events of their bodies", async () => {
  enable();
  const server = await listen(
    http.createServer((req, res) => {
      const seen = [port()];
      req.on("data", () => seen.push(port()));
      req.on("end", () => seen.push(port()));
      req.on("close", async () => {
        seen.push(port());
        await sleep(Math.random() * 5);
        res.end(`[${[...seen, port()].join()}]`);
      });
    }),
  );
  const pipelines = await Promise.all(Array.from({ length: 10 }, () => pipeline(server, 20)));
  for (const { localPort, answer } of pipelines) {
    const seen = [...answer.matchAll(/\[([^\]]*)\]/gu)].map(([, ports]) => [...new Set(ports?.split(","))]);
    expect(seen).toEqual(Array.from({ length: 20 }, () => [String(localPort)]));
  }
});

test("a request to another server of this process does not change it", async () => {
  enable();
  const inner = await listen(http.createServer((_req, res) => void setTimeout(() => res.end(String(port())), 1)));
  const outer = await listen(
    http.createServer(async (_req, res) => {
      const [response] = (await once(http.get({ port: portOf(inner), agent: false }), "response")) as [
        http.IncomingMessage,
      ];
      const innerPort = response.socket.localPort;
      const answer = await text(response);
      res.end(JSON.stringify({ outer: port(), inner: answer, innerPort: String(innerPort) }));
    }),
  );
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const request = http.get({ port: portOf(outer), agent: false });
      const [response] = (await once(request, "response")) as [http.IncomingMessage];
      const { localPort } = response.socket;
      const answer = (await json(response)) as { innerPort: string };
      expect(answer).toEqual({ outer: localPort, inner: answer.innerPort, innerPort: answer.innerPort });
    }),
  );
});

describe("outside of requests there is none", () => {
  test("before and after, in what runs beside them, in clients, and in listeners of the server", async () => {
    enable();
    const seen = new Map<string, Set<unknown>>();
    const note = (where: string) => seen.set(where, (seen.get(where) ?? new Set()).add(port()));
    note("before");
    const beside = setInterval(() => note("a timer from before"), 1);
    onTestFinished(() => clearInterval(beside));
    const server = await listen(http.createServer(handle));
    server.on("connection", (socket) => {
      note("'connection'");
      const own = socket.remotePort;
      socket.on("end", () => note("'end' of the socket"));
      // Where requests and responses hear of a client that broke off: on Node 20 and 22 the socket itself is entered there.
      socket.on("close", () =>
        port() === own ? seen.set("'close' of the socket", new Set(["none"])) : note("'close' of the socket"),
      );
    });
    server.on("close", () => note("'close' of the server"));
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const client = await connectClient(http1Client(cleartext(server)));
        note("a client, connected");
        for (let i = 0; i < 5; i++) {
          await client.post();
          note("a client, answered");
        }
        client.close();
      }),
    );
    await until(() => seen.has("a timer from before") && seen.has("'close' of the socket"));
    server.close();
    await once(server, "close");
    note("after");
    expect([...seen.values()].flatMap((ports) => [...ports])).toEqual(Array.from(seen, () => "none"));
    expect(seen.size).toBe(9);
  });

  test("'upgrade' has none: Node does not tell of it", async () => {
    enable();
    const server = await listen(http.createServer(handle));
    const upgraded = once(
      server.on("upgrade", (_req, socket) => socket.end(String(port()))),
      "upgrade",
    );
    const socket = cleartext(server);
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    await upgraded;
    expect(await text(socket)).toBe("none");
  });
});

describe("HTTP/2", () => {
  test("what still runs when the session has ended gets a socket that is closed", async () => {
    enable();
    const server = http2.createServer();
    const { promise, resolve } = withResolvers<unknown>();
    server.on("stream", async (stream) => {
      const { session } = stream;
      stream.on("error", () => {});
      session?.destroy();
      await once(session as http2.Http2Session, "close");
      resolve([getCurrentSocket() === undefined, tryGetTcpInfo(getCurrentSocket() as Socket)]);
    });
    const session = http2.connect(`http://127.0.0.1:${portOf(await listen(server))}`).on("error", () => {});
    session.request().on("error", () => {});
    expect(await promise).toEqual([false, undefined]);
  });

  test("a stream that the server pushes has that of the connection", async () => {
    enable();
    const server = http2.createServer();
    server.on("stream", (stream) => {
      stream.pushStream({ ":path": "/pushed" }, (error, pushed) => {
        if (error) throw error;
        pushed.respond();
        pushed.on("close", () => stream.end(String(port())));
        pushed.end(String(port()));
      });
      stream.respond();
    });
    const session = http2.connect(`http://127.0.0.1:${portOf(await listen(server))}`);
    onTestFinished(() => session.destroy());
    const pushed = once(session, "stream") as Promise<[http2.ClientHttp2Stream]>;
    const stream = session.request();
    const [push] = await pushed;
    const answers = await Promise.all([text(push), text(stream)]);
    const expected = String(session.socket.localPort);
    expect(answers).toEqual([expected, expected]);
  });

  test("enterSocket in a listener for 'stream' does for servers that listened before", async () => {
    const server = await listen(http2.createServer(handle));
    server.prependListener("stream", (stream) => enterSocket((stream.session as http2.Http2Session).socket, stream));
    enable();
    const client = await connectClient(http2Client(`http://127.0.0.1:${portOf(server)}`));
    const expected = Object.fromEntries(SEEN.map((name) => [name, client.localPort]));
    expect(await Promise.all([client.post(), client.post()])).toEqual([expected, expected]);
  });
});

describe("enabling", () => {
  const notEnabled = expect.objectContaining({ name: "SocketInfoError", code: "ERR_SOCKINFO_NOT_ENABLED" }) as Error;

  test("without it, a call throws: undefined would say that there is no request", () => {
    expect(() => getCurrentSocket()).toThrow(notEnabled);
  });

  // The real ones: test/runtimes/.
  test.each(["bun", "deno"])("is refused by the name of the runtime: %s", async (runtime) => {
    const { hasSubscribers } = await import("node:diagnostics_channel");
    const currentSocket = enable();
    Object.defineProperty(process.versions, runtime, { value: "1.0.0", configurable: true });
    onTestFinished(() => void Reflect.deleteProperty(process.versions, runtime));
    const unsupported = expect.objectContaining({ code: "ERR_SOCKINFO_UNSUPPORTED_RUNTIME" }) as Error;
    // As if a copy that does not refuse had enabled it.
    expect(() => getCurrentSocket()).toThrow(unsupported);
    expect(() => getCurrentConnection()).toThrow(unsupported);
    currentSocket.close();
    expect(() => enableCurrentSocket()).toThrow(unsupported);
    expect(hasSubscribers("http.server.request.start")).toBe(false);
  });

  test("lasts until each caller has taken his back, once", () => {
    const [first, second] = [enable(), enable()];
    expect(getCurrentSocket()).toBeUndefined();
    first.close();
    first[Symbol.dispose]();
    expect(getCurrentSocket()).toBeUndefined();
    second[Symbol.dispose]();
    expect(() => getCurrentSocket()).toThrow(notEnabled);
    enable();
    expect(getCurrentSocket()).toBeUndefined();
  });

  test("taken back, a request under way goes on, and its calls throw", async () => {
    const currentSocket = enable();
    const server = await listen(
      http.createServer((req, res) => {
        currentSocket.close();
        req.resume().on("end", () => {
          try {
            res.end(String(port()));
          } catch (error) {
            res.end((error as { code: string }).code);
          }
        });
      }),
    );
    const request = http.request({ port: portOf(server), method: "POST", agent: false }).end("body");
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    expect(await text(response)).toBe("ERR_SOCKINFO_NOT_ENABLED");
  });

  test("reaches servers and connections that were there before, but for HTTP/2 on Node 20", async () => {
    const server = await listen(http.createServer(handle));
    const client = await connectClient(http1Client(cleartext(server)));
    enable();
    expect(await client.post()).toEqual(Object.fromEntries(SEEN.map((name) => [name, client.localPort])));
  });

  test("is for all copies of the package in the process", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sockinfo-copy-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    cpSync(join(root, "dist"), folder, { recursive: true });
    const copy = createRequire(import.meta.url)(join(folder, "connections/index.js")) as typeof connections;
    expect(copy.getCurrentSocket).not.toBe(getCurrentSocket);
    const theirs = copy.enableCurrentSocket();
    const ours = enable();
    const server = await listen(
      http.createServer((_req, res) => res.end(String(getCurrentSocket() === copy.getCurrentSocket() && port()))),
    );
    const request = http.get({ port: portOf(server), agent: false });
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    expect(await text(response)).toBe(String(response.socket.localPort));
    theirs.close();
    expect(copy.getCurrentSocket()).toBeUndefined();
    ours.close();
    expect(() => copy.getCurrentSocket()).toThrow(expect.objectContaining({ code: "ERR_SOCKINFO_NOT_ENABLED" }));
  });

  test("is undone without a trace: no subscription, no listener on a server", async () => {
    const { hasSubscribers } = await import("node:diagnostics_channel");
    const currentSocket = enable();
    const server = await listen(http2.createServer((_req, res) => void res.end()));
    currentSocket.close();
    const channels = ["http.server.request.start", "http2.server.stream.start", "tracing:net.server.listen:asyncStart"];
    expect(channels.map((name) => hasSubscribers(name))).toEqual([false, false, false]);
    const client = await connectClient(http2Client(`http://127.0.0.1:${portOf(server)}`));
    await client.post().catch(() => {});
    expect(server.listenerCount("stream")).toBe(1);
  });
});

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
