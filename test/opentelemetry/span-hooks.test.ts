// The hooks of createSpanHooks in the real HTTP instrumentation. ss and the clients know the true values.
import { type Span, SpanKind } from "@opentelemetry/api";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import { createRequire } from "node:module";
import type { Server } from "node:net";
import { getTracker, trackConnections } from "sockinfo/connections";
import { createSpanHooks } from "sockinfo/opentelemetry";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { connectHttp1, dial, request } from "../helpers/http-clients";
import { makeServer, open } from "../helpers/http-servers";
import { lacks } from "../helpers/needs";
import { portOf, until } from "../helpers/servers";
import { readSs } from "../helpers/ss";

const exporter = new InMemorySpanExporter();
let unregister: () => void;

// When the instrumentation is removed, its wrapper becomes an own property of these classes, which inherit `emit`.
const PATCHED = [http.Server.prototype, https.Server.prototype];

beforeAll(() => {
  const instrumentation = new HttpInstrumentation(createSpanHooks());
  unregister = registerInstrumentations({
    instrumentations: [instrumentation],
    tracerProvider: new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  });
  // The instrumentation patches the module when it is required.
  createRequire(import.meta.url)("node:http");
});
afterAll(() => {
  unregister();
  for (const prototype of PATCHED) delete (prototype as Partial<Server>).emit;
});
beforeEach(() => exporter.reset());

const spansOf = (kind: SpanKind): ReadableSpan[] => exporter.getFinishedSpans().filter((span) => span.kind === kind);

/** The attributes of the spans of the server's requests, in the order of their ends. */
async function serverSpans(count: number): Promise<Record<string, unknown>[]> {
  await until(() => spansOf(SpanKind.SERVER).length >= count);
  return spansOf(SpanKind.SERVER).map(({ attributes }) => attributes);
}

function track(server: Server): void {
  const tracker = trackConnections(server);
  onTestFinished(() => tracker.close());
}

const ours = (attributes: object): string[] => Object.keys(attributes).filter((name) => name.startsWith("sockinfo."));

const GROWTH = [
  "sockinfo.tcp.segments.sent",
  "sockinfo.tcp.segments.retransmitted",
  "sockinfo.tcp.limited.network",
  "sockinfo.tcp.limited.receiver",
  "sockinfo.tcp.limited.send_buffer",
];

describe.skipIf(lacks("ss"))("a request of a tracked server", () => {
  test("has the round-trip times that ss shows, and the segments of its own response only", async () => {
    const readings: Record<string, unknown>[] = [];
    const server = await open(
      makeServer("http", (req, res) => {
        readings.push(readSs(req.socket));
        res.end("x".repeat(100_000));
      }),
    );
    track(server);
    const client = await connectHttp1(server, "http");
    for (const path of ["/first", "/second", "/third"]) {
      client.received = "";
      client.send(path);
      await until(() => client.received.endsWith("x".repeat(1000)) && client.received.length > 100_000);
    }
    const spans = await serverSpans(3);
    expect(spans.map((span) => span["sockinfo.connection.requests"])).toEqual([1, 2, 3]);
    expect(new Set(spans.map((span) => span["sockinfo.connection.id"])).size).toBe(1);
    // By ss, the second response lies between the second and the third reading.
    const sent = readings.map(({ dataSegmentsSent = 0 }) => Number(dataSegmentsSent));
    expect(spans[1]).toMatchObject({ "sockinfo.tcp.segments.retransmitted": 0 });
    const second = Number(spans[1]?.["sockinfo.tcp.segments.sent"]);
    expect(second).toBeGreaterThan(0);
    expect(second).toBeLessThanOrEqual((sent[2] as number) - (sent[1] as number));
    expect(Number(spans[2]?.["sockinfo.tcp.min_rtt"])).toBeLessThanOrEqual(Number(readings[2]?.["minRttMs"]) / 1000);
    // Loopback, on a busy machine.
    expect(Number(spans[2]?.["sockinfo.tcp.rtt"])).toBeGreaterThan(0);
    expect(Number(spans[2]?.["sockinfo.tcp.rtt"])).toBeLessThan(1);
    expect(spans.every((span) => GROWTH.every((name) => Number.isFinite(span[name])))).toBe(true);
  });

  test("says for how long a client that does not read has held back the response", async () => {
    const server = await open(makeServer("http", (_, res) => res.end("x".repeat(20_000_000))));
    track(server);
    const client = await dial(server);
    client.pause();
    client.write(request("/"));
    const start = performance.now();
    const [connection] = getTracker(server) ?? [];
    // The kernel's own count of the time decides when the client reads.
    await until(() => {
      const info = connection?.getTcpInfo();
      return info?.platform === "linux" && (info.rwndLimitedTimeMs ?? 0) >= 300;
    });
    client.resume();
    const [span] = await serverSpans(1);
    const limited = Number(span?.["sockinfo.tcp.limited.receiver"]);
    expect(limited).toBeGreaterThanOrEqual(0.3);
    expect(limited).toBeLessThanOrEqual((performance.now() - start) / 1000);
  });
});

describe.skipIf(lacks("linux"))("a connection that has ended", () => {
  test("has its final values, if the server has a tracker", async () => {
    const server = await open(makeServer("http", (_, res) => res.setHeader("Connection", "close").end("ok")));
    track(server);
    const client = await connectHttp1(server, "http");
    await client.get();
    const [span = {}] = await serverSpans(1);
    // The head and the body, in one or two segments.
    expect([1, 2]).toContain(span["sockinfo.tcp.segments.sent"]);
    expect(span["sockinfo.connection.requests"]).toBe(1);
  });

  test("has its final values after a reset, too, where nothing can be read any more", async () => {
    const server = await open(makeServer("http", (_, res) => void res.write("x".repeat(1000))));
    track(server);
    const client = await connectHttp1(server, "http");
    client.send("/");
    await until(() => client.received.includes("x".repeat(1000)));
    client.wire.resetAndDestroy();
    const [span = {}] = await serverSpans(1);
    expect([1, 2]).toContain(span["sockinfo.tcp.segments.sent"]);
  });

  test("has the state at the request's arrival, if no tracker has read more", async () => {
    const server = await open(makeServer("http", () => {}));
    const client = await dial(server);
    client.write(request("/"));
    const [req] = (await once(server, "request")) as [http.IncomingMessage];
    client.resetAndDestroy();
    const [span = {}] = await serverSpans(1);
    expect(req.socket.destroyed).toBe(true);
    expect(ours(span)).toEqual(expect.arrayContaining(["sockinfo.tcp.rtt"]));
    expect(ours(span).filter((name) => GROWTH.includes(name) || name.includes("connection"))).toEqual([]);
  });
});

test("an outgoing request, and one over a Unix socket, have no attribute of ours", async () => {
  const tcp = await open(makeServer("http"));
  await new Promise((resolve) => {
    http.get({ port: portOf(tcp), agent: false }, (res) => res.resume().once("close", resolve));
  });
  await until(() => spansOf(SpanKind.CLIENT).length === 1);
  expect(ours(spansOf(SpanKind.CLIENT)[0]?.attributes ?? {})).toEqual([]);
  const unix = await open(makeServer("unix"), "unix");
  const client = await connectHttp1(unix, "unix");
  await client.get();
  expect(ours((await serverSpans(2))[1] ?? {})).toEqual([]);
});

test("the hooks do nothing for spans that are not recorded, and never throw", () => {
  const { requestHook, applyCustomAttributesOnSpan } = createSpanHooks();
  const setAttribute = vi.fn();
  const span = (isRecording: boolean) => ({ isRecording: () => isRecording, setAttribute }) as unknown as Span;
  const req = new http.IncomingMessage(null as never);
  for (const hook of [requestHook, applyCustomAttributesOnSpan]) {
    for (const source of [
      undefined,
      null,
      1,
      {},
      req,
      new Proxy(
        {},
        {
          get: () => {
            throw new Error("trap");
          },
        },
      ),
    ]) {
      hook(span(true), source as never);
      hook(span(false), source as never);
      hook(undefined as never, source as never);
    }
  }
  expect(setAttribute).not.toHaveBeenCalled();
});
