// Where the time of requests and of whole connections went, against the clocks of the handler and of the client.
import { once } from "node:events";
import http from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { getTcpInfo, type TcpInfo, type TcpTimeShares } from "sockinfo";
import { type Connection, getConnection, measureRequest, trackConnections } from "sockinfo/connections";
import { describe, expect, onTestFinished, test } from "vitest";
import { dial } from "../helpers/http-clients";
import { nextRequest } from "../helpers/http-servers";
import { lacks } from "../helpers/needs";
import { listen, portOf, until } from "../helpers/servers";
import { bodyOf, GET, startTracked, wholeBody } from "./helpers/requests";

/** Kernels count in ticks of at most this length, and the clocks are read at two moments. */
const TICKS_MS = 20;
const sumOf = (shares: TcpTimeShares | undefined) =>
  (Object.values(shares ?? {}) as number[]).reduce((sum, ms) => sum + ms, 0);

/** Writes until the client's window is closed, and more waits. */
async function fillWindow(res: http.ServerResponse, read: () => TcpInfo): Promise<void> {
  for (;;) {
    const info = read();
    if (info.platform !== "linux") throw new Error("for Linux only");
    const { notSentBytes = 0, sndWndBytes = 0, sndMssBytes = 0, unackedSegments } = info;
    if (notSentBytes > 0 && unackedSegments === 0 && sndWndBytes < sndMssBytes) return;
    // The client announces its last bit of window late.
    if (notSentBytes > 0) await new Promise((resolve) => setImmediate(resolve));
    else await new Promise((resolve) => res.write(Buffer.alloc(65_536), resolve));
  }
}

describe.skipIf(lacks("linux"))("a request", () => {
  test("its handler sleeps: the time is the application's", async () => {
    const server = await startTracked(http.createServer());
    const client = await dial(server);
    client.write(GET);
    const [req, res] = await nextRequest(server);
    const measured = measureRequest(req);
    const startMs = performance.now();
    await wait(300);
    const sleptMs = performance.now() - startMs;
    const read = wholeBody(client);
    res.end(bodyOf(1000));
    const [{ shares, intervalMs, durationMs }] = await Promise.all([measured, read]);
    expect(shares?.applicationMs).toBeGreaterThanOrEqual(sleptMs - TICKS_MS);
    expect(sumOf(shares)).toBeCloseTo(intervalMs, 2);
    expect(intervalMs).toBeGreaterThanOrEqual(sleptMs);
    expect(durationMs).toBeGreaterThanOrEqual(sleptMs);
  });

  test("its client does not read: the time is the receiver's", async () => {
    const server = await startTracked(http.createServer());
    const client = await dial(server);
    client.pause().write(GET);
    const [req, res] = await nextRequest(server);
    const measured = measureRequest(req);
    await fillWindow(res, () => getTcpInfo(req));
    const startMs = performance.now();
    await wait(400);
    const stoppedMs = performance.now() - startMs;
    client.resume();
    res.end();
    const { shares, intervalMs } = await measured;
    expect(shares?.receiverMs).toBeGreaterThanOrEqual(stoppedMs - TICKS_MS);
    expect(sumOf(shares)).toBeCloseTo(intervalMs, 2);
  });

  test("the time after the last acknowledgement is not the handler's", async () => {
    const server = await startTracked(http.createServer());
    const done = new Int32Array(new SharedArrayBuffer(4));
    const client = new Worker(
      `const { workerData: done } = require("node:worker_threads");
       let bytes = 0;
       const client = require("node:net").connect(${portOf(server)}, "127.0.0.1");
       client.write(${JSON.stringify(GET)});
       client.on("data", (chunk) => {
         if ((bytes += chunk.length) < 20_000_000) return;
         Atomics.store(done, 0, 1);
         Atomics.notify(done, 0);
       });`,
      { eval: true, workerData: done },
    );
    onTestFinished(async () => void (await client.terminate()));
    const [req, res] = await nextRequest(server);
    const startMs = performance.now();
    const measured = measureRequest(req);
    const finished = once(res, "finish");
    res.end(Buffer.alloc(20_000_000));
    await finished;
    // The client reads all. Then the event loop is blocked, so the timer that looks for acknowledgements is late.
    expect(Atomics.wait(done, 0, 0, 30_000)).not.toBe("timed-out");
    const readMs = performance.now() - startMs;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    const { shares, intervalMs, durationMs, acked } = await measured;
    expect(acked).toBe(true);
    expect(intervalMs).toBeGreaterThanOrEqual(durationMs);
    // A delayed acknowledgement comes within 40 ms.
    expect(intervalMs).toBeLessThan(readMs + 40 + TICKS_MS);
    expect(sumOf(shares)).toBeCloseTo(intervalMs, 2);
  });
});

describe.skipIf(lacks("linux"))("a connection", () => {
  const closedOf = (tracker: NodeJS.EventEmitter) => once(tracker, "closed") as Promise<[Connection]>;

  test("its life: idle time, and a client that did not read", async () => {
    const server = http.createServer();
    const tracker = trackConnections(server);
    onTestFinished(() => tracker.close());
    await listen(server);
    const client = await dial(server);
    await wait(200);
    client.pause().write(GET);
    const [req, res] = await nextRequest(server);
    expect(getConnection(req).timeShares).toBeUndefined();
    await fillWindow(res, () => getTcpInfo(req));
    const startMs = performance.now();
    await wait(300);
    const stoppedMs = performance.now() - startMs;
    const closed = closedOf(tracker);
    client.resume();
    res.end();
    await once(res, "finish");
    client.end();
    const [connection] = await closed;
    expect(connection.timeShares?.receiverMs).toBeGreaterThanOrEqual(stoppedMs - TICKS_MS);
    expect(connection.timeShares?.applicationMs).toBeGreaterThanOrEqual(200 - TICKS_MS);
    expect(sumOf(connection.timeShares)).toBeCloseTo(connection.durationMs, 2);
    expect(JSON.parse(JSON.stringify(connection))).toMatchObject({ timeShares: connection.timeShares });
  });

  test("of an adopted connection the beginning is unknown", async () => {
    const server = await listen(http.createServer((_, res) => void res.end("ok")));
    const accepted = once(server, "connection");
    const client = await dial(server);
    await accepted;
    const tracker = trackConnections(server);
    onTestFinished(() => tracker.close());
    const closed = closedOf(tracker);
    client.end();
    const [connection] = await closed;
    expect(connection.adopted).toBe(true);
    expect(connection.finalTcpInfo).toBeDefined();
    expect(connection.timeShares).toBeUndefined();
    expect(connection.toJSON().timeShares).toBeUndefined();
  });

  test("a tracker's connection that lives has none", async () => {
    const server = http.createServer();
    const tracker = trackConnections(server);
    onTestFinished(() => tracker.close());
    await listen(server);
    await dial(server);
    await until(() => tracker.size === 1);
    const [connection] = tracker;
    expect(connection?.timeShares).toBeUndefined();
  });
});
