// Restarts of the server, resets of the register, and scrapes during a burst of closes lose nothing and count nothing
// twice.
import { once } from "node:events";
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { connectHttp1, dial } from "../helpers/http-clients";
import { makeServer, open } from "../helpers/http-servers";
import { until } from "../helpers/servers";
import { observe, scrape, scrapeUntil, type Series, sum } from "./scrape";

const closedIn = (series: Series) => sum(series, "sockinfo_connections_closed_total");
const openedIn = (series: Series) => series.get("sockinfo_connections_opened_total") ?? NaN;

test("a scrape during a burst of closes is of one moment", async () => {
  const server = await open(makeServer("http"));
  const { register } = observe(server);
  let opened = 0;
  const wires = new Set<Socket>();
  const burst = async () => {
    for (let round = 0; round < 8; round++) {
      const some = await Promise.all(Array.from({ length: 100 }, () => dial(server)));
      opened += some.length;
      for (const wire of some) {
        wires.add(wire);
        wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        wire.once("data", () => (Math.random() < 0.5 ? wire.resetAndDestroy() : wire.end()));
      }
      await until(() => some.every(({ closed }) => closed));
    }
  };
  const isOver = new AbortController();
  const done = burst().finally(() => isOver.abort());
  let scrapes = 0;
  let last: Series = new Map();
  while (!isOver.signal.aborted) {
    const series = await scrape(register);
    scrapes++;
    expect(openedIn(series)).toBe(closedIn(series) + sum(series, "sockinfo_connections"));
    expect(series.get("sockinfo_connection_duration_seconds_count")).toBe(closedIn(series));
    expect(series.get("sockinfo_connection_requests_count")).toBe(closedIn(series));
    for (const [name, value] of last) {
      if (/_total|_bucket|_count|_sum/.test(name)) expect(series.get(name), name).toBeGreaterThanOrEqual(value);
    }
    last = series;
    await new Promise(setImmediate);
  }
  await done;
  const end = await scrapeUntil(register, (series) => sum(series, "sockinfo_connections") === 0);
  expect(scrapes).toBeGreaterThan(5);
  expect([openedIn(end), closedIn(end)]).toEqual([opened, opened]);
  expect(end.get("sockinfo_connection_requests_sum")).toBe(opened);
});

test("a server that stops and listens again goes on counting", async () => {
  const server = await open(makeServer("http"));
  const { register } = observe(server);
  await (await connectHttp1(server, "http")).get();
  const before = await scrape(register);
  server.close();
  const stopped = await scrapeUntil(register, (series) => sum(series, "sockinfo_connections") === 0);
  expect(stopped.has("sockinfo_accept_queue_limit")).toBe(false);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  await (await connectHttp1(server, "http")).get();
  const after = await scrape(register);
  expect(openedIn(after)).toBe(2);
  expect(after.get("sockinfo_accept_queue_limit")).toBe(before.get("sockinfo_accept_queue_limit"));
});

test("a reset of the register begins at 0 with what comes after it", async () => {
  const server = await open(makeServer("http"));
  const { register } = observe(server);
  const peer = await connectHttp1(server, "http");
  await peer.get();
  const RECEIVED = 'sockinfo_tcp_bytes_total{direction="received"}';
  const before = await scrapeUntil(register, (series) => series.get(RECEIVED) !== 0);
  register.resetMetrics();
  const reset = await scrape(register);
  expect([openedIn(reset), reset.get(RECEIVED)]).toEqual([0, 0]);
  expect(sum(reset, "sockinfo_connections")).toBe(1);
  await peer.get();
  const after = await scrapeUntil(register, (series) => series.get(RECEIVED) !== 0);
  expect(after.get(RECEIVED)).toBe(peer.wire.bytesWritten - (before.get(RECEIVED) ?? NaN));
});

test("scrapes at the same time are the same", async () => {
  const server = await open(makeServer("http"));
  const { register } = observe(server);
  await (await connectHttp1(server, "http")).get();
  const [one, two] = await Promise.all([scrape(register), scrape(register)]);
  expect(one).toEqual(two);
  expect(openedIn(one)).toBe(1);
});
