// Several servers, trackers, registrations and registers, and their end.
import * as client from "prom-client";
import { trackConnections } from "sockinfo/connections";
import { registerMetrics } from "sockinfo/prometheus";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { connect, connectHttp1 } from "../helpers/http-clients";
import { makeServer, open } from "../helpers/http-servers";
import { lacks } from "../helpers/needs";
import { observe, scrape, sum } from "./scrape";

describe("several servers add up", () => {
  test("of one tracker", async () => {
    const [http, https] = [await open(makeServer("http")), await open(makeServer("https"))];
    const { register, tracker } = observe(http);
    tracker.attach(https);
    await (await connect(http, "http")).get();
    await (await connect(https, "https")).get();
    const series = await scrape(register);
    expect(series.get("sockinfo_connections_opened_total")).toBe(2);
    if (process.platform === "linux") expect(series.get("sockinfo_accept_queue_limit")).toBe(2 * 511);
  });

  test("of several trackers, of which one ends before the other", async () => {
    const [http, https] = [await open(makeServer("http")), await open(makeServer("https"))];
    const register = new client.Registry();
    const [one, two] = [trackConnections(http), trackConnections(https)];
    onTestFinished(() => [one, two].forEach((each) => each.close()));
    const first = registerMetrics(one, { client, register });
    const second = registerMetrics(two, { client, register });
    const peers = [await connect(http, "http"), await connect(https, "https"), await connect(https, "https")];
    for (const peer of peers) await peer.get();
    const both = await scrape(register);
    expect(both.get("sockinfo_connections_opened_total")).toBe(3);
    expect(sum(both, "sockinfo_connections")).toBe(3);

    second.close();
    const rest = await scrape(register);
    // What was counted stays. The live connections of the tracker that has left are no longer among the live ones.
    expect(sum(rest, "sockinfo_connections")).toBe(1);
    expect(rest.get("sockinfo_connections_opened_total")).toBe(3);
    for (const [name, value] of both) {
      if (/_total|_bucket|_count|_sum/.test(name)) expect(rest.get(name), name).toBeGreaterThanOrEqual(value);
    }
    first.close();
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  test("a new tracker takes the place of one that was closed, and no counter falls", async () => {
    const server = await open(makeServer("http"));
    const { register, tracker } = observe(server);
    const peer = await connectHttp1(server, "http");
    await peer.get();
    const before = await scrape(register);
    tracker.close();
    const closed = await scrape(register);
    expect(sum(closed, "sockinfo_connections")).toBe(0);
    const next = trackConnections(server);
    const registration = registerMetrics(next, { client, register });
    onTestFinished(() => [registration, next].forEach((each) => each.close()));
    await (await connectHttp1(server, "http")).get();
    const after = await scrape(register);
    expect(sum(after, "sockinfo_connections")).toBe(2);
    expect(after.get("sockinfo_connections_opened_total")).toBe(2);
    expect(sum(after, "sockinfo_tcp_bytes_total")).toBeGreaterThanOrEqual(sum(before, "sockinfo_tcp_bytes_total"));
  });
});

describe("several registrations of one tracker", () => {
  test("count the same, and do not disturb each other", async () => {
    const server = await open(makeServer("http"));
    const { register } = observe(server);
    observe(server, { register, prefix: "again_", classify: () => "all" });
    const { register: elsewhere } = observe(server);
    const peer = await connectHttp1(server, "http");
    await peer.get();
    const [series, others] = [await scrape(register), await scrape(elsewhere)];
    for (const name of ["connections_opened_total", "tcp_sent_segments_total"]) {
      expect(series.get(`again_${name}{class="all"}`)).toBe(series.get(`sockinfo_${name}`));
      expect(others.get(`sockinfo_${name}`)).toBe(series.get(`sockinfo_${name}`));
    }
  });
});

describe("the end", () => {
  test("leaves no metric, timer, listener or follower, and is the same the second time", async () => {
    const server = await open(makeServer("http"));
    const tracker = trackConnections(server);
    onTestFinished(() => tracker.close());
    const timers = vi.spyOn(globalThis, "setInterval");
    onTestFinished(() => timers.mockRestore());
    const state = () => ({
      timers: timers.mock.results.filter(({ value }) => !(value as { _destroyed: boolean })._destroyed).length,
      listeners: process.eventNames().map((name) => [name, process.listenerCount(name)]),
      tracker: tracker.eventNames().map((name) => [name, tracker.listenerCount(name)]),
      server: server.eventNames().map((name) => [name, server.listenerCount(name)]),
    });
    const before = state();
    const register = new client.Registry();
    const registration = registerMetrics(tracker, { client, register });
    await (await connectHttp1(server, "http")).get();
    await scrape(register);
    expect(state().timers).toBe(1);
    expect(timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([false]);
    registration.close();
    registration.close();
    registration[Symbol.dispose]();
    expect(state()).toEqual(before);
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  test("of a cleared register: the names belong to the next one", async () => {
    const server = await open(makeServer("http"));
    const tracker = trackConnections(server);
    onTestFinished(() => tracker.close());
    const register = new client.Registry();
    const first = registerMetrics(tracker, { client, register });
    register.clear();
    const second = registerMetrics(tracker, { client, register });
    first.close();
    await (await connectHttp1(server, "http")).get();
    expect((await scrape(register)).get("sockinfo_connections_opened_total")).toBe(1);
    second.close();
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  test("in the middle of a scrape lets the scrape end", async () => {
    const server = await open(makeServer("http"));
    const { register, close } = observe(server);
    const text = register.metrics();
    close();
    expect(await text).toMatch(/^sockinfo_connections_opened_total 0$/m);
  });
});

describe.skipIf(lacks("linux"))("OpenMetrics", () => {
  test("has the same series, before and after a change of the content type", async () => {
    const server = await open(makeServer("http"));
    const register: client.Registry<never> = new client.Registry();
    const tracker = trackConnections(server);
    const registration = registerMetrics(tracker, { client, register });
    onTestFinished(() => tracker.close());
    await (await connectHttp1(server, "http")).get();
    const plain = await scrape(register);
    register.setContentType(client.Registry.OPENMETRICS_CONTENT_TYPE as never);
    expect([...(await scrape(register)).keys()]).toEqual([...plain.keys()]);
    expect(await register.metrics()).toMatch(/# TYPE sockinfo_connections_opened counter\n.*_opened_total 1\n/);
    registration.close();
    expect(register.getMetricsAsArray()).toEqual([]);
  });
});
