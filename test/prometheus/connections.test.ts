// The metrics of connections, against what clients of every kind of server did and counted.
import { once } from "node:events";
import { trackConnections } from "sockinfo/connections";
import { describe, expect, test } from "vitest";
import { connect, connectHttp1 } from "../helpers/http-clients";
import { KINDS, makeServer, open } from "../helpers/http-servers";
import { observe, scrape, scrapeUntil, sum } from "./scrape";

const STATES = ["new", "active", "idle", "hijacked"];
const REASONS = [
  "client-end",
  "client-reset",
  "server-end",
  "server-destroy",
  "timeout",
  "protocol-error",
  "tls-error",
  "context-error",
  "error",
];

test("all closed lists are there from the start, with 0", async () => {
  const { register } = observe(await open(makeServer("http")));
  const series = await scrape(register);
  for (const state of STATES) expect(series.get(`sockinfo_connections{state="${state}"}`)).toBe(0);
  for (const reason of REASONS) expect(series.get(`sockinfo_connections_closed_total{reason="${reason}"}`)).toBe(0);
  expect(series.get("sockinfo_connections_opened_total")).toBe(0);
  expect(series.get("sockinfo_connection_duration_seconds_count")).toBe(0);
  expect(series.get("sockinfo_connection_requests_count")).toBe(0);
  expect([...series.keys()].filter((name) => /_p\d\d_seconds/.test(name))).toEqual([]);
});

describe.each(KINDS)("%s", (kind) => {
  test("connections by state, requests and reasons are those of the clients", async () => {
    const server = await open(makeServer(kind), kind);
    const { register } = observe(server);
    const [idle, busy, ending] = await Promise.all([1, 2, 3].map(() => connect(server, kind)));
    await idle?.get();
    await idle?.get();
    busy?.send("/hang");
    await ending?.get();
    const live = await scrapeUntil(
      register,
      (series) =>
        series.get('sockinfo_connections{state="active"}') === 1 &&
        series.get('sockinfo_connections{state="idle"}') === 2,
    );
    expect(sum(live, "sockinfo_connections")).toBe(3);
    expect(live.get("sockinfo_connections_opened_total")).toBe(3);
    expect(sum(live, "sockinfo_connections_closed_total")).toBe(0);

    ending?.end();
    // Unix sockets have no reset.
    if (kind === "unix") busy?.wire.destroy();
    else busy?.wire.resetAndDestroy();
    const after = await scrapeUntil(register, (series) => sum(series, "sockinfo_connections_closed_total") === 2);
    expect(after.get('sockinfo_connections_closed_total{reason="client-end"}')).toBe(kind === "unix" ? 2 : 1);
    expect(after.get('sockinfo_connections_closed_total{reason="client-reset"}')).toBe(kind === "unix" ? 0 : 1);
    expect(sum(after, "sockinfo_connections")).toBe(1);
    expect(after.get("sockinfo_connection_duration_seconds_count")).toBe(2);
    expect(after.get("sockinfo_connection_requests_count")).toBe(2);
    expect(after.get("sockinfo_connection_requests_sum")).toBe(2);
    expect(after.get('sockinfo_connection_requests_bucket{le="0"}')).toBe(0);
    expect(after.get('sockinfo_connection_requests_bucket{le="1"}')).toBe(2);
  });
});

test("an upgraded connection is hijacked", async () => {
  const server = await open(makeServer("http"));
  server.on("upgrade", (_req, socket) => socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\nok"));
  const { register } = observe(server);
  const peer = await connectHttp1(server, "http");
  peer.send("/", "Connection: Upgrade", "Upgrade: echo");
  await peer.receive("ok");
  expect((await scrape(register)).get('sockinfo_connections{state="hijacked"}')).toBe(1);
});

test("the duration is in seconds", async () => {
  const server = await open(makeServer("http"));
  const { register, tracker } = observe(server);
  const peer = await connectHttp1(server, "http");
  await peer.get();
  await new Promise((resolve) => setTimeout(resolve, 120));
  const closed = once(tracker, "closed");
  peer.end();
  const [{ durationMs }] = (await closed) as [{ durationMs: number }];
  const series = await scrapeUntil(register, (each) => each.get("sockinfo_connection_duration_seconds_count") === 1);
  expect(series.get("sockinfo_connection_duration_seconds_sum")).toBeCloseTo(durationMs / 1000, 9);
  expect(series.get('sockinfo_connection_duration_seconds_bucket{le="0.1"}')).toBe(0);
});

test("connections that the server had before are live, and neither opened nor counted twice", async () => {
  const server = await open(makeServer("http"));
  const peer = await connectHttp1(server, "http");
  await peer.get();
  const { register } = observe(server);
  const first = await scrape(register);
  expect(sum(first, "sockinfo_connections")).toBe(1);
  expect(first.get("sockinfo_connections_opened_total")).toBe(0);
  peer.end();
  const second = await scrapeUntil(register, (series) => sum(series, "sockinfo_connections") === 0);
  expect(second.get("sockinfo_connections_opened_total")).toBe(0);
  expect(second.get('sockinfo_connections_closed_total{reason="client-end"}')).toBe(1);
});

test("a connection whose context throws is opened and closed", async () => {
  const server = await open(makeServer("http"));
  const tracker = trackConnections(server, {
    context: () => {
      throw new Error("no context");
    },
  });
  tracker.on("contextError", () => {});
  const seen: unknown[] = [];
  const { register } = observe(server, { classify: (connection) => String(seen.push(connection)) });
  await connectHttp1(server, "http").catch(() => {});
  const series = await scrapeUntil(register, (each) => each.has('sockinfo_connections_opened_total{class="other"}'));
  expect(series.get('sockinfo_connections_opened_total{class="other"}')).toBe(1);
  expect(series.get('sockinfo_connections_closed_total{class="other",reason="context-error"}')).toBe(1);
  expect(seen).toEqual([]);
});

test("a listener that throws hides no end of a connection", async () => {
  const server = await open(makeServer("http"));
  const { register, tracker } = observe(server);
  tracker.on("closed", () => {
    throw new Error("a listener's own");
  });
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException").once("uncaughtException", () => {});
  try {
    const peer = await connectHttp1(server, "http");
    await peer.get();
    peer.end();
    await scrapeUntil(register, (series) => sum(series, "sockinfo_connections_closed_total") === 1);
  } finally {
    process.removeAllListeners("uncaughtException");
    for (const other of others) process.on("uncaughtException", other);
  }
});
