// measureRequest against what the client counts: bytes of its raw socket, on HTTP/1 and HTTP/2, with and without TLS.
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net, { type Server, type Socket } from "node:net";
import { duplexPair } from "node:stream";
import tls from "node:tls";
import { getTcpInfo, type LinuxTcpInfo, type SocketSource } from "sockinfo";
import {
  getConnection,
  measureRequest,
  type MeasureRequestOptions,
  type RequestCost,
  trackConnections,
  tryMeasureRequest,
} from "sockinfo/connections";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { makeCertificate } from "../helpers/certificate";
import { lacks } from "../helpers/needs";
import { listen, portOf, socketPath, until } from "../helpers/servers";

const linux = lacks("linux") ? undefined : true;
let certificate: { key: Buffer; cert: Buffer };
beforeAll(() => {
  certificate = makeCertificate();
});

/** Tracked, listening, and closed after the test. */
async function start<S extends Server>(server: S, options?: net.ListenOptions): Promise<S> {
  const tracker = trackConnections(server);
  onTestFinished(() => tracker.close());
  return listen(server, options);
}

async function connect(server: Server): Promise<Socket> {
  const client = net.connect(portOf(server), "127.0.0.1");
  client.on("error", () => {});
  onTestFinished(() => void client.destroy());
  await once(client, "connect");
  return client;
}

/** The next request's handler. */
async function nextRequest(server: Server): Promise<[http.IncomingMessage, http.ServerResponse]> {
  return (await once(server, "request")) as [http.IncomingMessage, http.ServerResponse];
}

/** The only "!" is the last byte. */
const bodyOf = (length: number) => Buffer.alloc(length - 1, "x") + "!";

async function wholeBody(client: Socket): Promise<void> {
  for (let last; last !== "!";) {
    const [chunk] = (await once(client, "data")) as [Buffer];
    last = String.fromCharCode(chunk.at(-1) ?? 0);
  }
}

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const postOf = (length: number) => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;

describe("HTTP/1", () => {
  test("the bytes are those that the client has read and written meanwhile, request by request", async () => {
    const server = await start(http.createServer());
    const client = await connect(server);
    client.resume();
    const costs: RequestCost[] = [];
    for (const [sent, answered] of [
      [10_000, 300_000],
      [1, 5],
      [200_000, 70_000],
    ] as const) {
      client.write(postOf(sent));
      const [req, res] = await nextRequest(server);
      const before = client.bytesRead;
      const measured = measureRequest(req);
      client.write(Buffer.alloc(sent));
      await once(req.resume(), "end");
      const read = wholeBody(client);
      res.end(bodyOf(answered));
      const [cost] = await Promise.all([measured, read]);
      const onTheWire = client.bytesRead - before;
      expect(onTheWire).toBeGreaterThan(answered);
      expect(cost).toMatchObject({ bytesReceived: sent, shared: false, aborted: false, acked: true });
      expect((cost.bytesSent ?? 0) - (cost.retransmittedBytes ?? 0)).toBe(onTheWire);
      if (linux) expect(cost.bytesAcked).toBe(onTheWire);
      expect(cost.dataSegmentsReceived).toBeGreaterThan(0);
      expect(cost.durationMs).toBeGreaterThan(0);
      costs.push(cost);
    }
    // Nothing is counted twice, nothing is missed but the heads of the requests.
    for (const [index, cost] of costs.slice(1).entries()) {
      expect(cost.start.bytesSent).toBe(costs[index]?.end.bytesSent);
      expect(cost.start.bytesReceived).toBeGreaterThan(costs[index]?.end.bytesReceived ?? Infinity);
    }
  });

  test("a next request that comes with the last acknowledgement is not counted as received", async () => {
    const server = await start(http.createServer());
    const client = await connect(server);
    client.write(postOf(7));
    const [req, res] = await nextRequest(server);
    const measured = measureRequest(req);
    client.once("data", () => client.write(GET));
    client.write("1234567");
    await once(req.resume(), "end");
    res.end("x");
    expect(await measured).toMatchObject({ bytesReceived: 7, aborted: false, shared: false });
    await nextRequest(server);
  });

  test("over TLS they are those of the ciphertext", async () => {
    const server = await start(https.createServer(certificate));
    const raw = await connect(server);
    const client = tls.connect({ socket: raw, rejectUnauthorized: false }).resume();
    // The first answer comes after the session tickets.
    for (const size of [10, 100_000]) {
      client.write(GET);
      const [req, res] = await nextRequest(server);
      const before = raw.bytesRead;
      const measured = measureRequest(res);
      const read = wholeBody(client);
      res.end(bodyOf(size));
      const [cost] = await Promise.all([measured, read]);
      if (size === 10) continue;
      expect((cost.bytesSent ?? 0) - (cost.retransmittedBytes ?? 0)).toBe(raw.bytesRead - before);
      expect(raw.bytesRead - before).toBeGreaterThan(size);
      expect(cost).toMatchObject({
        acked: true,
        bytesReceived: 0,
        ...(linux && { bytesAcked: raw.bytesRead - before }),
      });
      expect(cost.end).not.toBe(getConnection(req).finalTcpInfo);
    }
  });

  test.each<[string, (req: http.IncomingMessage, res: http.ServerResponse) => SocketSource]>([
    ["the request", (req) => req],
    ["the response", (_req, res) => res],
    ["the socket", (req) => req.socket],
  ])("from %s", async (_name, sourceOf) => {
    const server = await start(http.createServer());
    const client = await connect(server);
    client.resume().write(GET);
    const [req, res] = await nextRequest(server);
    const measured = measureRequest(sourceOf(req, res));
    const read = wholeBody(client);
    res.end(bodyOf(1000));
    const [cost] = await Promise.all([measured, read]);
    expect(cost).toMatchObject({ bytesReceived: 0, shared: false, acked: true });
    expect((cost.bytesSent ?? 0) - (cost.retransmittedBytes ?? 0)).toBe(client.bytesRead);
  });

  test("pipelined requests share the connection, whichever is measured and whenever", async () => {
    const server = await start(http.createServer());
    const pairs: [http.IncomingMessage, http.ServerResponse][] = [];
    const costs: Promise<RequestCost>[] = [];
    server.on("request", (req, res) => {
      pairs.push([req, res]);
      if (pairs.length < 3) costs.push(measureRequest(req));
    });
    const client = await connect(server);
    client.resume().write(GET + GET);
    await until(() => pairs.length === 2);
    // Two are being answered: of a socket alone nobody knows which is meant.
    await expect(measureRequest(pairs[0]?.[0].socket as Socket)).rejects.toMatchObject({
      code: "ERR_SOCKINFO_NO_REQUEST",
    });
    pairs[1]?.[1].end("second");
    pairs[0]?.[1].end("first");
    expect(await Promise.all(costs)).toMatchObject([{ shared: true }, { shared: true }]);
    client.write(GET);
    await until(() => pairs.length === 3);
    const alone = measureRequest(pairs[2]?.[0] as http.IncomingMessage);
    pairs[2]?.[1].end();
    expect(await alone).toMatchObject({ shared: false });
  });

  test("measured twice, it costs the same", async () => {
    const server = await start(http.createServer());
    (await connect(server)).resume().write(GET);
    const [req, res] = await nextRequest(server);
    const measured = Promise.all([measureRequest(req), measureRequest(res)]);
    res.end("x".repeat(10_000));
    const [one, two] = await measured;
    expect(one.bytesSent).toBe(two.bytesSent);
    expect(one.start).not.toBe(two.start);
  });

  test("of a request that the tracker found under way", async () => {
    const server = await listen(http.createServer());
    const client = await connect(server);
    client.resume().write(GET);
    const [req, res] = await nextRequest(server);
    const tracker = trackConnections(server);
    onTestFinished(() => tracker.close());
    const measured = measureRequest(req);
    const read = wholeBody(client);
    res.end(bodyOf(1000));
    const [cost] = await Promise.all([measured, read]);
    expect(cost).toMatchObject({ aborted: false, shared: false, ...(linux && { bytesAcked: client.bytesRead }) });
    await expect(measureRequest(req)).rejects.toMatchObject({ code: "ERR_SOCKINFO_NO_REQUEST" });
  });
});

describe("a client that does not read", () => {
  /** A response that the kernel has whole, and part of which it can't send. */
  async function stall(options?: MeasureRequestOptions) {
    const server = await start(http.createServer());
    const client = await connect(server);
    client.pause().write(GET);
    const [req, res] = await nextRequest(server);
    const measured = measureRequest(req, options);
    // Until all that is sent has arrived, the rest waits, and the window is too small for one more segment.
    for (;;) {
      const { sndWndBytes = 0, sndMssBytes = 0, ...info } = getTcpInfo(req);
      const waiting = (info.platform === "darwin" ? info.sndSbBytes : info.notsentBytes) ?? 0;
      const isArrived = info.platform === "darwin" || info.unackedSegments === 0;
      if (waiting > 0 && isArrived && sndWndBytes < sndMssBytes) break;
      await new Promise((resolve) => (waiting > 0 ? setImmediate(resolve) : res.write(Buffer.alloc(65_536), resolve)));
    }
    const finished = once(res, "finish");
    res.end();
    await finished;
    return { server, client, req, measured, connection: getConnection(req) };
  }
  const unacked = { acked: false, aborted: false, shared: false };

  test("ends the wait when it reads; the time is there in which its window held us back", async () => {
    const { client, measured, req } = await stall();
    if (linux) await until(() => ((getTcpInfo(req) as LinuxTcpInfo).rwndLimitedMs ?? 1) > 0);
    client.resume();
    const cost = await measured;
    expect(cost).toMatchObject({ ...unacked, acked: true });
    if (!linux || cost.busyMs === undefined) return;
    await until(() => client.bytesRead >= (cost.bytesAcked ?? 0));
    expect(cost.bytesAcked).toBe(client.bytesRead);
    expect(cost.rwndLimitedMs).toBeGreaterThan(0);
    expect(cost.busyMs).toBeGreaterThanOrEqual(cost.rwndLimitedMs ?? Infinity);
  });

  test("is waited for no longer than timeoutMs", async () => {
    const { measured } = await stall({ timeoutMs: 30 });
    const cost = await measured;
    expect(cost).toMatchObject(unacked);
    if (linux) expect((cost.end as LinuxTcpInfo).notsentBytes).toBeGreaterThan(0);
  });

  test.each<MeasureRequestOptions>([{ until: "finished" }, { timeoutMs: 0 }, { until: "acked", timeoutMs: 0 }])(
    "is not waited for with %o",
    async (options) => {
      const { measured } = await stall(options);
      expect(await measured).toMatchObject(unacked);
    },
  );

  test("and asks for more: the next request ends the wait", async () => {
    const { server, client, measured } = await stall({ timeoutMs: Infinity });
    const next = nextRequest(server);
    client.write(GET);
    await next;
    expect(await measured).toMatchObject({ ...unacked, bytesReceived: 0 });
  });

  test("and goes: the last word of the connection is the end", async () => {
    const { client, measured, connection } = await stall({ timeoutMs: Infinity });
    client.resetAndDestroy();
    const cost = await measured;
    expect(cost).toMatchObject(unacked);
    expect(cost.end).toBe(connection.finalTcpInfo);
    expect(cost.end.state).toBe("CLOSED");
  });
});

describe("a response that never ends", () => {
  test.each<[string, (client: Socket, req: http.IncomingMessage) => void]>([
    ["the client resets", (client) => void client.resetAndDestroy()],
    ["the client leaves", (client) => void client.destroy()],
    ["the server destroys", (_client, req) => void req.socket.destroy()],
  ])("because %s: aborted, until the connection's last word", async (_name, end) => {
    const server = await start(http.createServer());
    const client = await connect(server);
    client.resume().write(GET);
    const [req, res] = await nextRequest(server);
    const connection = getConnection(req);
    const measured = measureRequest(req);
    const read = wholeBody(client);
    res.setHeader("Content-Length", 20_000).write(bodyOf(10_000));
    await read;
    end(client, req);
    const cost = await measured;
    expect(cost).toMatchObject({ aborted: true, shared: false });
    expect((cost.bytesSent ?? 0) - (cost.retransmittedBytes ?? 0)).toBe(client.bytesRead);
    expect(cost.end).toBe(connection.finalTcpInfo);
    await expect(measureRequest(req)).rejects.toMatchObject({ code: "ERR_SOCKINFO_SOCKET_CLOSED" });
    expect(await tryMeasureRequest(req)).toBeUndefined();
  });

  test("because the tracker is closed: aborted, until then", async () => {
    const server = await listen(http.createServer());
    const tracker = trackConnections(server);
    (await connect(server)).resume().write(GET);
    const [req] = await nextRequest(server);
    const measured = measureRequest(req);
    tracker.close();
    expect(await measured).toMatchObject({ aborted: true, end: { state: "ESTABLISHED" } });
  });

  test("because the response was the connection's last: not aborted", async () => {
    const server = await start(http.createServer());
    const client = await connect(server);
    client.resume().write(GET);
    const [req, res] = await nextRequest(server);
    const measured = measureRequest(req);
    const read = wholeBody(client);
    res.setHeader("Connection", "close").end(bodyOf(1000));
    const [cost] = await Promise.all([measured, read]);
    expect(cost.aborted).toBe(false);
    expect((cost.bytesSent ?? 0) - (cost.retransmittedBytes ?? 0)).toBe(client.bytesRead);
  });
});

describe.each([
  ["without TLS", () => http2.createServer(), (socket: Socket) => socket],
  [
    "over TLS",
    () => http2.createSecureServer(certificate),
    (socket: Socket) => tls.connect({ socket, ALPNProtocols: ["h2"], rejectUnauthorized: false }),
  ],
] as const)("HTTP/2 %s", (_name, createServer, secure) => {
  async function open() {
    const server = await start(createServer());
    const raw = await connect(server);
    const session = http2.connect("http://localhost", { createConnection: () => secure(raw) });
    session.on("error", () => {});
    onTestFinished(() => session.destroy());
    const request = () => {
      const stream = session.request({ ":method": "POST" });
      stream.on("error", () => {}).resume();
      return stream;
    };
    /** The next request, and its handler's. */
    const next = async () => {
      const arrived = nextRequest(server);
      const stream = request();
      return [
        stream,
        ...((await arrived) as unknown as [http2.Http2ServerRequest, http2.Http2ServerResponse]),
      ] as const;
    };
    // What both ends say of themselves at first is through with the first answer and one frame there and back.
    const [stream, , res] = await next();
    res.end();
    stream.end();
    await once(stream, "close");
    await new Promise((resolve) => session.ping(resolve));
    return { server, raw, session, next };
  }
  const frames = 9 * 4;

  test.each<[string, (req: http2.Http2ServerRequest, res: http2.Http2ServerResponse) => SocketSource]>([
    ["the request", (req) => req],
    ["the response", (_req, res) => res],
    ["the stream", (req) => req.stream],
    ["the socket", (req) => req.socket],
  ])("from %s: the bytes that the client has read meanwhile", async (_source, sourceOf) => {
    const { raw, next } = await open();
    const [stream, req, res] = await next();
    const before = raw.bytesRead;
    const measured = measureRequest(sourceOf(req, res));
    const closed = once(stream, "close");
    stream.end();
    res.end(Buffer.alloc(30_000));
    const [cost] = await Promise.all([measured, closed]);
    await until(() => raw.bytesRead - before >= 30_000);
    expect(cost).toMatchObject({ shared: false, aborted: false, acked: true });
    expect((cost.bytesSent ?? 0) - (cost.retransmittedBytes ?? 0)).toBe(raw.bytesRead - before);
    expect(raw.bytesRead - before).toBeGreaterThan(30_000 + frames);
  });

  test("streams at the same time share the connection, one after the other do not", async () => {
    const { next } = await open();
    const [first, req1, res1] = await next();
    const one = measureRequest(req1);
    const [second, req2, res2] = await next();
    // Of the second only what is left of the first is the other's.
    const two = measureRequest(req2);
    for (const stream of [first, second]) stream.end();
    res1.end();
    expect(await one).toMatchObject({ shared: true, aborted: false });
    res2.end();
    expect(await two).toMatchObject({ shared: true, aborted: false });
    const [third, req3, res3] = await next();
    const three = measureRequest(req3);
    third.end();
    res3.end();
    expect(await three).toMatchObject({ shared: false, aborted: false });
    await expect(measureRequest(req3)).rejects.toMatchObject({ code: "ERR_SOCKINFO_NO_REQUEST" });
  });

  test.each<[string, (stream: http2.ClientHttp2Stream, res: http2.Http2ServerResponse) => void]>([
    ["the client cancels", (stream) => stream.close(http2.constants.NGHTTP2_CANCEL)],
    ["the server resets the stream", (_stream, res) => res.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR)],
    ["the server destroys the session", (_stream, res) => res.stream.session?.destroy()],
    ["the client leaves", (stream) => stream.session?.destroy()],
  ])("aborted, because %s", async (_cause, end) => {
    const { next } = await open();
    const [stream, req, res] = await next();
    const measured = measureRequest(req);
    res.stream.on("error", () => {});
    res.write("x".repeat(1000));
    await once(stream, "data");
    end(stream, res);
    const cost = await measured;
    expect(cost).toMatchObject({ aborted: true, shared: false });
    expect(cost.bytesSent).toBeGreaterThan(1000);
  });
});

describe("what can't be measured is refused", () => {
  const codeOf = (code: string) => expect.objectContaining({ code, name: "SocketInfoError" }) as Error;

  async function arrived(server: Server, client?: Socket) {
    (client ?? (await connect(server))).resume().write(GET);
    return nextRequest(server);
  }

  test("a request of a server without a tracker", async () => {
    const [req] = await arrived(await listen(http.createServer()));
    await expect(measureRequest(req)).rejects.toThrow(codeOf("ERR_SOCKINFO_NOT_TRACKED"));
    expect(await tryMeasureRequest(req)).toBeUndefined();
  });

  test("a request that has been answered, or a socket on which none is", async () => {
    const [req, res] = await arrived(await start(http.createServer()));
    const measured = measureRequest(req);
    res.end();
    await measured;
    for (const source of [req, res, req.socket]) {
      await expect(measureRequest(source)).rejects.toThrow(codeOf("ERR_SOCKINFO_NO_REQUEST"));
      expect(await tryMeasureRequest(source)).toBeUndefined();
    }
  });

  test("also while the next one is being answered", async () => {
    const server = await start(http.createServer());
    const client = await connect(server);
    const [first, response] = await arrived(server, client);
    response.end();
    await arrived(server, client);
    await expect(measureRequest(first)).rejects.toThrow(codeOf("ERR_SOCKINFO_NO_REQUEST"));
  });

  test("a request that was upgraded", async () => {
    const server = await start(http.createServer());
    const client = await connect(server);
    client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    const [req] = (await once(server, "upgrade")) as [http.IncomingMessage];
    await expect(measureRequest(req)).rejects.toThrow(codeOf("ERR_SOCKINFO_NO_REQUEST"));
  });

  test("a request over a Unix socket", async () => {
    const path = socketPath();
    const server = await start(http.createServer(), { path });
    const client = net.connect(path);
    onTestFinished(() => void client.destroy());
    const [req] = await arrived(server, client);
    await expect(measureRequest(req)).rejects.toThrow(codeOf("ERR_SOCKINFO_NOT_TCP"));
    expect(await tryMeasureRequest(req)).toBeUndefined();
  });

  test.runIf(typeof duplexPair === "function")("a request over a stream made in JavaScript", async () => {
    const server = await start(http.createServer());
    const [near, far] = duplexPair();
    server.emit("connection", near);
    far.write(GET);
    const [req] = await nextRequest(server);
    await expect(measureRequest(req)).rejects.toThrow(codeOf("ERR_SOCKINFO_NO_SOCKET"));
    expect(await tryMeasureRequest(req)).toBeUndefined();
  });

  test.each([undefined, null, "x", true])("%s, which is no source, by both forms", async (source) => {
    await expect(measureRequest(source as never)).rejects.toThrow(codeOf("ERR_SOCKINFO_INVALID_ARGUMENT"));
    await expect(tryMeasureRequest(source as never)).rejects.toThrow(codeOf("ERR_SOCKINFO_INVALID_ARGUMENT"));
  });

  test.each([
    { until: "sent" },
    { until: null },
    { timeoutMs: -1 },
    { timeoutMs: NaN },
    { timeoutMs: "1" },
    { until: "finished", timeoutMs: -1 },
  ])("options %o, by both forms", async (options) => {
    const [req] = await arrived(await start(http.createServer()));
    await expect(measureRequest(req, options as never)).rejects.toThrow(codeOf("ERR_SOCKINFO_INVALID_ARGUMENT"));
    await expect(tryMeasureRequest(req, options as never)).rejects.toThrow(codeOf("ERR_SOCKINFO_INVALID_ARGUMENT"));
  });
});

test("the wait for acknowledgements keeps no process alive, and a measurement leaves nothing on its connection", async () => {
  const server = await start(http.createServer());
  const client = await connect(server);
  client.resume().write(GET);
  const [req, res] = await nextRequest(server);
  const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const measured = measureRequest(req);
  res.end("x".repeat(100_000));
  await once(res, "finish");
  expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length).toBeLessThanOrEqual(before);
  await measured;
  const { requestObservers } = getConnection(client.destroyed ? client : req) as unknown as {
    requestObservers: Set<unknown>;
  };
  expect(requestObservers.size).toBe(0);
});
