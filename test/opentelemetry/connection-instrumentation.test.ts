// ConnectionInstrumentation with registerInstrumentations of the real package, in one process.
import { metrics } from "@opentelemetry/api";
import { type Instrumentation, registerInstrumentations } from "@opentelemetry/instrumentation";
import diagnostics from "node:diagnostics_channel";
import { once } from "node:events";
import http from "node:http";
import net, { type Server } from "node:net";
import { getTracker, trackConnections } from "sockinfo/connections";
import { ConnectionInstrumentation, type ConnectionInstrumentationConfig } from "sockinfo/opentelemetry";
import { expect, onTestFinished, test, vi } from "vitest";
import { connectHttp1 } from "../helpers/http-clients";
import { HTTP1, makeServer, open } from "../helpers/http-servers";
import { version } from "../../package.json";
import { startSdk } from "./helpers/sdk";

const CLASS = "sockinfo.connection.class";

/** Enabled until the end of the test. */
function instrument(config?: ConnectionInstrumentationConfig): ConnectionInstrumentation {
  const instrumentation = new ConnectionInstrumentation(config);
  onTestFinished(() => instrumentation.disable());
  return instrumentation;
}

const listenerCounts = (server: Server): unknown =>
  server.eventNames().map((event) => [event, server.listenerCount(event)]);

/** After the code that follows a server's 'listening'. */
const turn = async (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test("it is an Instrumentation, with the name and version of this package", () => {
  const instrumentation: Instrumentation = instrument();
  expect(instrumentation).toMatchObject({ instrumentationName: "sockinfo", instrumentationVersion: version });
  expect(instrumentation.getConfig()).toEqual({ enabled: true });
});

test.each(HTTP1)("registerInstrumentations enables it, and its result disables it (%s)", async (kind) => {
  const sdk = startSdk();
  const disable = registerInstrumentations({ instrumentations: [instrument()], meterProvider: sdk.provider });
  const server = await open(makeServer(kind), kind);
  const own = listenerCounts(server);
  await turn();
  expect(listenerCounts(server)).not.toEqual(own);
  await (await connectHttp1(server, kind)).get();
  const collected = await sdk.collect();
  expect(collected.value("sockinfo.connection.opened")).toBe(1);
  disable();
  expect(getTracker(server)).toBeUndefined();
  expect(listenerCounts(server)).toEqual(own);
  await (await connectHttp1(server, kind)).get();
  expect((await sdk.collect()).value("sockinfo.connection.opened")).toBe(1);
});

test("after disable() nothing subscribes to Node's channels", async () => {
  const names = ["tracing:net.server.listen:asyncEnd", "net.server.socket"];
  const subscribed = () => names.map((name) => diagnostics.hasSubscribers(name));
  const before = subscribed();
  const instrumentation = instrument({ enabled: false });
  expect(subscribed()).toEqual(before);
  instrumentation.enable();
  instrumentation.enable();
  expect(subscribed()).toEqual([true, true]);
  instrumentation.disable();
  instrumentation.disable();
  expect(subscribed()).toEqual(before);
});

test("enable() begins again", async () => {
  const sdk = startSdk();
  const instrumentation = instrument();
  instrumentation.setMeterProvider(sdk.provider);
  instrumentation.disable();
  const server = await open(makeServer("http"));
  await turn();
  expect(getTracker(server)).toBeUndefined();
  instrumentation.enable();
  await (await connectHttp1(server, "http")).get();
  // The first connection was there before the tracker.
  await (await connectHttp1(server, "http")).get();
  const collected = await sdk.collect();
  expect(collected.sum("sockinfo.connection.count")).toBe(2);
  expect(collected.value("sockinfo.connection.opened")).toBe(1);
});

test("a meter provider that comes later, as NodeSDK's does, gets the metrics", async () => {
  const instrumentation = instrument();
  registerInstrumentations({ instrumentations: [instrumentation], meterProvider: metrics.getMeterProvider() });
  const server = await open(makeServer("http"));
  await turn();
  const sdk = startSdk();
  instrumentation.setMeterProvider(sdk.provider);
  await (await connectHttp1(server, "http")).get();
  expect((await sdk.collect()).value("sockinfo.connection.opened")).toBe(1);
});

test("a server that closes is left, and is followed again when it listens again", async () => {
  const sdk = startSdk();
  instrument().setMeterProvider(sdk.provider);
  const server = http.createServer((_, res) => res.setHeader("Connection", "close").end("ok"));
  for (let round = 1; round <= 3; round++) {
    await once(server.listen(0, "127.0.0.1"), "listening");
    await turn();
    expect(getTracker(server)).toBeDefined();
    await (await connectHttp1(server, "http")).get();
    await new Promise((resolve) => server.close(resolve));
    await turn();
    expect(getTracker(server)).toBeUndefined();
    expect(server.listenerCount("close")).toBe(0);
    const collected = await sdk.collect();
    expect(collected.value("sockinfo.connection.opened")).toBe(round);
    expect(collected.sum("sockinfo.connection.closed")).toBe(round);
    expect(collected.sum("sockinfo.connection.count")).toBe(0);
  }
});

test("a server that can't listen, or stops at once, is not tracked", async () => {
  instrument();
  const taken = await open(net.createServer());
  const { port } = taken.address() as net.AddressInfo;
  const failing = http.createServer().listen(port, "127.0.0.1");
  await once(failing, "error");
  const stopped = http.createServer().listen(0);
  stopped.close();
  await turn();
  expect([getTracker(failing), getTracker(stopped), getTracker(taken)]).toEqual([undefined, undefined, undefined]);
});

test("two instrumentations count each connection once", async () => {
  const sdk = startSdk();
  const warn = vi.spyOn(process, "emitWarning");
  registerInstrumentations({ instrumentations: [instrument(), instrument()], meterProvider: sdk.provider });
  const server = await open(makeServer("http"));
  await turn();
  await (await connectHttp1(server, "http")).get();
  expect((await sdk.collect()).value("sockinfo.connection.opened")).toBe(1);
  expect(warn).not.toHaveBeenCalled();
});

test("a tracker of the program with several servers is registered once, until its last server closes", async () => {
  const sdk = startSdk();
  instrument().setMeterProvider(sdk.provider);
  const servers = [http.createServer((_, res) => res.end("ok")), http.createServer((_, res) => res.end("ok"))] as const;
  const tracker = trackConnections(servers[0]).attach(servers[1]);
  onTestFinished(() => tracker.close());
  for (const server of servers) await open(server);
  await turn();
  for (const server of servers) await (await connectHttp1(server, "http")).get();
  servers[0].closeAllConnections();
  await new Promise((resolve) => servers[0].close(resolve));
  await (await connectHttp1(servers[1], "http")).get();
  const collected = await sdk.collect();
  expect(collected.value("sockinfo.connection.opened")).toBe(3);
  expect(collected.sum("sockinfo.connection.closed")).toBe(1);
  expect(getTracker(servers[1])).toBe(tracker);
});

test("a tracker that the program makes later takes the server over, and the totals go on", async () => {
  const sdk = startSdk();
  instrument().setMeterProvider(sdk.provider);
  const server = await open(makeServer("http"));
  await turn();
  const early = await connectHttp1(server, "http");
  await early.get();
  const before = listenerCounts(server);
  const tracker = trackConnections(server, { context: () => "ours" });
  onTestFinished(() => tracker.close());
  expect(getTracker(server)).toBe(tracker);
  expect(listenerCounts(server)).toEqual(before);
  expect([...tracker].map(({ context, adopted }) => [context, adopted])).toEqual([["ours", true]]);
  const late = await connectHttp1(server, "http");
  await late.get();
  for (const client of [early, late]) {
    client.end();
    await once(tracker, "closed");
  }
  const collected = await sdk.collect();
  expect(collected.value("sockinfo.connection.opened")).toBe(2);
  expect(collected.sum("sockinfo.connection.closed")).toBe(2);
  expect(collected.sum("sockinfo.connection.count")).toBe(0);
  if (process.platform !== "linux") return;
  const received = early.wire.bytesWritten + late.wire.bytesWritten;
  expect(collected.value("sockinfo.tcp.io", { "network.io.direction": "receive" })).toBe(received);
  // Another one has no such right.
  expect(() => trackConnections(server)).toThrow(expect.objectContaining({ code: "ERR_SOCKINFO_ALREADY_TRACKED" }));
});

test("classify, which setConfig() may change", async () => {
  const sdk = startSdk();
  const instrumentation = instrument({ classify: () => "first" });
  instrumentation.setMeterProvider(sdk.provider);
  const server = await open(makeServer("http"));
  await turn();
  await (await connectHttp1(server, "http")).get();
  instrumentation.setConfig({ classify: () => "second" });
  await (await connectHttp1(server, "http")).get();
  const collected = await sdk.collect();
  expect(collected.by("sockinfo.connection.opened", CLASS)).toEqual({ first: 1, second: 1 });
});

test.each([true, false])("setConfig() without enabled: %s keeps it", (enabled) => {
  const instrumentation = instrument({ enabled });
  instrumentation.setConfig({});
  expect(instrumentation.getConfig()).toEqual({ enabled });
  instrumentation.setConfig({ enabled: !enabled });
  expect(instrumentation.getConfig()).toEqual({ enabled: !enabled });
});

test("an error while a server is followed becomes one warning", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
  onTestFinished(() => warn.mockRestore());
  const instrumentation = instrument();
  instrumentation.setMeterProvider({ getMeter: () => ({}) as never });
  for (let count = 0; count < 2; count++) {
    await open(makeServer("http"));
    await turn();
  }
  expect(warn.mock.calls).toEqual([[expect.stringContaining("not in OpenTelemetry's metrics"), "SocketInfoWarning"]]);
});

test.each([
  [null, /^The "config" argument must be a plain object/],
  [{ classify: 1 }, /"config\.classify" argument must be of type function/],
  [{ enabled: "no" }, /"config\.enabled" argument must be of type boolean/],
  [{ prefix: "a" }, /has the unknown key "prefix"/],
])("the config %j is refused", (config, message) => {
  const error = expect.objectContaining({
    code: "ERR_SOCKINFO_INVALID_ARGUMENT",
    message: expect.stringMatching(message),
  });
  expect(() => new ConnectionInstrumentation(config as never)).toThrow(error);
  expect(() => instrument().setConfig(config as never)).toThrow(error);
});
