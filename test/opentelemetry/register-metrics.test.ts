// The metrics of registerMetrics in the real SDK. The clients know the true numbers.
import type { Attributes } from "@opentelemetry/api";
import { AggregationTemporality, DataPointType } from "@opentelemetry/sdk-metrics";
import { once } from "node:events";
import type { Server } from "node:net";
import { type ConnectionTracker, trackConnections } from "sockinfo/connections";
import { registerMetrics } from "sockinfo/opentelemetry";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { connect, connectHttp1, dial, request } from "../helpers/http-clients";
import { type Kind, KINDS, makeServer, open } from "../helpers/http-servers";
import { lacks } from "../helpers/needs";
import { until } from "../helpers/servers";
import { Collected, startSdk } from "./helpers/sdk";

function track(server: Server): ConnectionTracker<undefined> {
  const tracker = trackConnections(server);
  onTestFinished(() => tracker.close());
  return tracker;
}

const STATE = "network.connection.state";
const REASON = "sockinfo.connection.close_reason";
const DIRECTION = "network.io.direction";
const BY = "sockinfo.tcp.limited_by";
const CLASS = "sockinfo.connection.class";

const sumOf = (values: readonly unknown[]): number => values.reduce<number>((sum, value) => sum + Number(value), 0);

test("before the first connection, every counter has each of its attributes, with the value 0", async () => {
  const sdk = startSdk();
  registerMetrics(track(await open(makeServer("http"))), { meter: sdk.meter });
  const collected = await sdk.collect();
  expect(collected.by("sockinfo.connection.count", STATE)).toEqual({ new: 0, active: 0, idle: 0, hijacked: 0 });
  expect(collected.value("sockinfo.connection.opened")).toBe(0);
  const closed = collected.by("sockinfo.connection.closed", REASON);
  expect(Object.keys(closed)).toHaveLength(9);
  expect(sumOf(Object.values(closed))).toBe(0);
  expect(collected.by("sockinfo.tcp.io", DIRECTION)).toEqual({ transmit: 0, receive: 0 });
  expect(collected.value("sockinfo.tcp.segments.retransmitted")).toBe(0);
  // Nothing is known of round-trip times.
  expect(collected.names.filter((name) => /rtt|queueing/.test(name))).toEqual([]);
});

test.skipIf(lacks("linux"))("on Linux, each metric of the table is there after a connection has closed", async () => {
  const sdk = startSdk();
  const server = await open(makeServer("http"));
  registerMetrics(track(server), { meter: sdk.meter });
  const [first, second] = [await connectHttp1(server, "http"), await connectHttp1(server, "http")];
  await first.get();
  await second.get();
  first.end();
  const collected = await collectAtEnd(sdk.collect, 1);
  const rows = collected.metrics.map(({ descriptor: { name, unit }, dataPointType }) =>
    [name, unit, DataPointType[dataPointType]].join(" "),
  );
  expect(rows.toSorted((one, other) => (one < other ? -1 : 1))).toEqual([
    "sockinfo.accept_queue.dropped_syns {segment} SUM",
    "sockinfo.accept_queue.length {connection} GAUGE",
    "sockinfo.accept_queue.limit {connection} GAUGE",
    "sockinfo.connection.closed {connection} SUM",
    "sockinfo.connection.count {connection} SUM",
    "sockinfo.connection.duration s HISTOGRAM",
    "sockinfo.connection.opened {connection} SUM",
    "sockinfo.connection.requests {request} HISTOGRAM",
    "sockinfo.tcp.io By SUM",
    "sockinfo.tcp.limited s SUM",
    "sockinfo.tcp.min_rtt s HISTOGRAM",
    "sockinfo.tcp.queueing s HISTOGRAM",
    "sockinfo.tcp.retransmitted.bytes By SUM",
    "sockinfo.tcp.rtt s HISTOGRAM",
    "sockinfo.tcp.rtt.p50 s GAUGE",
    "sockinfo.tcp.rtt.p90 s GAUGE",
    "sockinfo.tcp.rtt.p99 s GAUGE",
    "sockinfo.tcp.segments.retransmitted {segment} SUM",
    "sockinfo.tcp.segments.sent {segment} SUM",
    "sockinfo.tcp.segments.spurious {segment} SUM",
    "sockinfo.tcp.unacknowledged By SUM",
    "sockinfo.tcp.unsent By SUM",
  ]);
  expect(Object.keys(collected.by("sockinfo.tcp.limited", BY))).toEqual(["network", "receiver", "send_buffer"]);
  // Loopback answers in less than two seconds, so the boundaries are not those for milliseconds.
  const rtt = collected.histogram("sockinfo.tcp.rtt");
  expect(rtt?.buckets.boundaries).toEqual([
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2,
  ]);
  expect(rtt?.buckets.counts.at(-1)).toBe(0);
  expect(rtt?.count).toBe(1);
});

/** Collects until no connection lives. */
async function collectAtEnd(collect: () => Promise<Collected>, closed: number): Promise<Collected> {
  for (;;) {
    const collected = await collect();
    if (collected.sum("sockinfo.connection.closed") >= closed) return collected;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe.each(KINDS)("a server of %s", (kind: Kind) => {
  test("the connections, requests and bytes are those that the clients count", async () => {
    const sdk = startSdk();
    const server = await open(makeServer(kind), kind);
    registerMetrics(track(server), { meter: sdk.meter });
    const clients = [await connect(server, kind), await connect(server, kind), await connect(server, kind)];
    for (const [index, client] of clients.entries()) {
      for (let count = 0; count <= index; count++) await client.get();
    }
    const during = await sdk.collect();
    expect(during.sum("sockinfo.connection.count")).toBe(3);
    expect(during.value("sockinfo.connection.opened")).toBe(3);
    for (const client of clients) client.end();
    await until(() => clients.every(({ wire }) => wire.destroyed));
    const after = await collectAtEnd(sdk.collect, 3);
    expect(after.sum("sockinfo.connection.count")).toBe(0);
    expect(after.by("sockinfo.connection.closed", REASON)).toMatchObject({ "client-end": 3 });
    expect(after.histogram("sockinfo.connection.requests")).toMatchObject({ count: 3, sum: 6, min: 1, max: 3 });
    expect(after.histogram("sockinfo.connection.duration")?.count).toBe(3);
    if (kind === "unix" || process.platform !== "linux") return;
    const wires = clients.map(({ wire }) => wire);
    const sum = (key: "bytesRead" | "bytesWritten") => wires.reduce((bytes, wire) => bytes + wire[key], 0);
    const { transmit, receive } = after.by("sockinfo.tcp.io", DIRECTION);
    // The kernel counts a retransmitted byte again.
    expect(Number(transmit) - Number(after.value("sockinfo.tcp.retransmitted.bytes"))).toBe(sum("bytesRead"));
    expect(receive).toBe(sum("bytesWritten"));
  });
});

test("reasons that are errors have error.type, and orderly ends do not", async () => {
  const sdk = startSdk();
  const server = await open(makeServer("http"));
  registerMetrics(track(server), { meter: sdk.meter });
  const [reset, bad, orderly] = [await dial(server), await dial(server), await connectHttp1(server, "http")];
  reset.write(request("/hang"));
  await once(server, "request");
  reset.resetAndDestroy();
  bad.write("no HTTP\r\n\r\n");
  await orderly.get();
  orderly.end();
  const collected = await collectAtEnd(sdk.collect, 3);
  const name = "sockinfo.connection.closed";
  expect(collected.value(name, { [REASON]: "client-reset", "error.type": "client-reset" })).toBe(1);
  expect(collected.value(name, { [REASON]: "protocol-error", "error.type": "protocol-error" })).toBe(1);
  expect(collected.value(name, { [REASON]: "client-end" })).toBe(1);
});

test.each([AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA])(
  "each connection and each byte is counted once, however often there is a collection (temporality %i)",
  async (temporality) => {
    const sdk = startSdk(temporality);
    const server = await open(makeServer("http"));
    const tracker = track(server);
    registerMetrics(tracker, { meter: sdk.meter });
    const client = await connectHttp1(server, "http");
    const collected: Collected[] = [];
    for (let index = 0; index < 5; index++) {
      await client.get();
      // Two at the same time share one reading.
      collected.push(...(await Promise.all([sdk.collect(), sdk.collect()])));
    }
    client.end();
    await once(tracker, "closed");
    collected.push(await sdk.collect(), await sdk.collect());
    const end = (name: string, attributes?: Attributes): number => {
      const values = collected.map((one) => one.value(name, attributes) ?? 0);
      return temporality === AggregationTemporality.DELTA ? sumOf(values) : Number(values.at(-1));
    };
    expect(end("sockinfo.connection.opened")).toBe(1);
    if (process.platform !== "linux") return;
    expect(end("sockinfo.tcp.io", { [DIRECTION]: "receive" })).toBe(client.wire.bytesWritten);
    const sent = end("sockinfo.tcp.io", { [DIRECTION]: "transmit" }) - end("sockinfo.tcp.retransmitted.bytes");
    expect(sent).toBe(client.wire.bytesRead);
  },
);

test("several trackers at one meter add up", async () => {
  const sdk = startSdk();
  const servers = [await open(makeServer("http")), await open(makeServer("https"), "https")] as const;
  const registrations = servers.map((server) => registerMetrics(track(server), { meter: sdk.meter }));
  await (await connectHttp1(servers[0], "http")).get();
  await (await connectHttp1(servers[1], "https")).get();
  expect((await sdk.collect()).value("sockinfo.connection.opened")).toBe(2);
  registrations[0]?.close();
  await (await connectHttp1(servers[0], "http")).get();
  await (await connectHttp1(servers[1], "https")).get();
  const collected = await sdk.collect();
  expect(collected.value("sockinfo.connection.opened")).toBe(3);
  expect(collected.sum("sockinfo.connection.count")).toBe(2);
});

test("after the last close(), the next collection has the totals, and then nothing is called any more", async () => {
  const sdk = startSdk();
  const add = vi.spyOn(sdk.meter, "addBatchObservableCallback");
  const remove = vi.spyOn(sdk.meter, "removeBatchObservableCallback");
  const server = await open(makeServer("http"));
  const tracker = track(server);
  const registration = registerMetrics(tracker, { meter: sdk.meter });
  await sdk.collect();
  const client = await connectHttp1(server, "http");
  await client.get();
  registration.close();
  registration.close();
  expect(remove).not.toHaveBeenCalled();
  const collected = await sdk.collect();
  expect(collected.value("sockinfo.connection.opened")).toBe(1);
  expect(collected.sum("sockinfo.connection.count")).toBe(0);
  expect(remove.mock.calls).toEqual(add.mock.calls);
  // The same tracker may be registered again, and the totals go on.
  registerMetrics(tracker, { meter: sdk.meter });
  await (await connectHttp1(server, "http")).get();
  const again = await sdk.collect();
  expect(again.value("sockinfo.connection.opened")).toBe(2);
  expect(again.sum("sockinfo.connection.count")).toBe(2);
});

test("a tracker that is closed keeps its totals, and does not disturb the collection", async () => {
  const sdk = startSdk();
  const server = await open(makeServer("http"));
  const tracker = track(server);
  registerMetrics(tracker, { meter: sdk.meter });
  await (await connectHttp1(server, "http")).get();
  tracker.close();
  // The tracker ends in the next tick.
  await new Promise((resolve) => setImmediate(resolve));
  const collected = await sdk.collect();
  expect(collected.value("sockinfo.connection.opened")).toBe(1);
  expect(collected.sum("sockinfo.connection.count")).toBe(0);
});

describe("classify", () => {
  test("its result is an attribute of every metric of a connection, and of no other", async () => {
    const sdk = startSdk();
    const server = await open(makeServer("http"));
    const classes = ["mobile", "desktop"];
    registerMetrics(track(server), { meter: sdk.meter, classify: () => classes.shift() ?? "more" });
    const clients = [await connectHttp1(server, "http"), await connectHttp1(server, "http")];
    for (const client of clients) await client.get();
    clients[0]?.end();
    const collected = await collectAtEnd(sdk.collect, 1);
    expect(collected.by("sockinfo.connection.opened", CLASS)).toEqual({ mobile: 1, desktop: 1 });
    expect(collected.histogram("sockinfo.connection.requests", { [CLASS]: "mobile" })?.count).toBe(1);
    for (const { descriptor, dataPoints } of collected.metrics) {
      const ofListener = descriptor.name.startsWith("sockinfo.accept_queue.");
      expect(dataPoints.every(({ attributes }) => CLASS in attributes)).toBe(!ofListener);
    }
  });

  test("a class that clients invent does not make more than 21 series", async () => {
    const sdk = startSdk();
    const server = await open(makeServer("http"));
    registerMetrics(track(server), { meter: sdk.meter, classify: ({ remote }) => JSON.stringify(remote ?? "") });
    for (let index = 0; index < 30; index++) await (await connectHttp1(server, "http")).get();
    const opened = (await sdk.collect()).by("sockinfo.connection.opened", CLASS);
    expect(Object.keys(opened)).toHaveLength(21);
    expect(opened["other"]).toBe(10);
    expect(sumOf(Object.values(opened))).toBe(30);
  });
});

describe("wrong arguments", () => {
  const meter = fakeMeter();
  test.each([
    [
      "no tracker",
      undefined,
      { meter },
      /^The "tracker" argument must be a tracker that trackConnections\(\) of this copy of sockinfo returned\. Received undefined$/,
    ],
    ["no options", "tracker", undefined, /^The "options" argument must be a plain object/],
    ["no meter", "tracker", {}, /^The "options\.meter" argument must be a Meter of @opentelemetry\/api/],
    ["the metrics API itself", "tracker", { meter: { getMeter() {} } }, /Received an instance of Object$/],
    [
      "a meter of an API before 1.3",
      "tracker",
      { meter: { ...meter, addBatchObservableCallback: undefined } },
      /or a later 1\.x/,
    ],
    [
      "classify that is no function",
      "tracker",
      { meter, classify: "a" },
      /"options\.classify" argument must be of type function/,
    ],
    ["an unknown option", "tracker", { meter, prefix: "a" }, /has the unknown key "prefix"/],
  ])("%s", async (_, tracker, options, message) => {
    const real = tracker === "tracker" ? track(await open(makeServer("http"))) : tracker;
    expect(() => registerMetrics(real as never, options as never)).toThrow(
      expect.objectContaining({ code: "ERR_SOCKINFO_INVALID_ARGUMENT", message: expect.stringMatching(message) }),
    );
  });

  test("a tracker that is registered at this meter, or closed", async () => {
    const sdk = startSdk();
    const tracker = track(await open(makeServer("http")));
    registerMetrics(tracker, { meter: sdk.meter });
    expect(() => registerMetrics(tracker, { meter: sdk.meter })).toThrow(
      expect.objectContaining({ code: "ERR_SOCKINFO_INVALID_ARGUMENT" }),
    );
    // Another meter is another set of metrics.
    registerMetrics(tracker, { meter: startSdk().meter });
    const closed = track(await open(makeServer("http")));
    closed.close();
    expect(() => registerMetrics(closed, { meter: sdk.meter })).toThrow(
      expect.objectContaining({ code: "ERR_SOCKINFO_TRACKER_CLOSED" }),
    );
  });
});

/** Has the methods of a meter. */
function fakeMeter(): object {
  const methods = ["createHistogram", "createObservableCounter", "createObservableGauge"];
  const more = ["createObservableUpDownCounter", "addBatchObservableCallback", "removeBatchObservableCallback"];
  return Object.fromEntries([...methods, ...more].map((name) => [name, () => ({ record() {} })]));
}
