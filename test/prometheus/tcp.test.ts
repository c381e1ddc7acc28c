// The counters of TCP, against what the clients' sockets and the kernel counted.
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { getTcpInfo, type LinuxTcpInfo } from "sockinfo";
import { type ConnectionOutcome, type ConnectionTracker, trackConnections } from "sockinfo/connections";
import { describe, expect, onTestFinished, test } from "vitest";
import { connect, dial, connectHttp1 } from "../helpers/http-clients";
import { KINDS, makeServer, open } from "../helpers/http-servers";
import { lacks } from "../helpers/needs";
import { listen, until } from "../helpers/servers";
import { observe, scrape, scrapeUntil, sum } from "./scrape";

const SENT = 'sockinfo_tcp_bytes_total{direction="sent"}';
const RECEIVED = 'sockinfo_tcp_bytes_total{direction="received"}';
const RETRANSMITTED = "sockinfo_tcp_retransmitted_bytes_total";

const OVER_TCP = KINDS.filter((kind) => kind !== "unix");

describe.skipIf(lacks("linux"))("bytes", () => {
  test.each(OVER_TCP)("%s: are those that the clients' sockets counted, live and at the end", async (kind) => {
    const server = await open(makeServer(kind), kind);
    const { register } = observe(server);
    const clients = await Promise.all([1, 2, 3].map(() => connect(server, kind)));
    for (const each of clients) await each.get();
    const counted = (name: "bytesRead" | "bytesWritten") => clients.reduce((total, { wire }) => total + wire[name], 0);
    const isEqual = (series: Map<string, number>) =>
      (series.get(SENT) ?? NaN) - (series.get(RETRANSMITTED) ?? NaN) === counted("bytesRead") &&
      series.get(RECEIVED) === counted("bytesWritten");
    await scrapeUntil(register, isEqual);

    clients[0]?.end();
    clients[1]?.end();
    const ended = (series: Map<string, number>) => sum(series, "sockinfo_connections_closed_total") === 2;
    await scrapeUntil(register, (series) => ended(series) && isEqual(series));
    // A second scrape counts nothing twice.
    expect(isEqual(await scrape(register))).toBe(true);
  });

  test("of connections that no scrape has seen are counted at their end", async () => {
    const server = await open(makeServer("http"));
    const { register, tracker } = observe(server);
    let [read, written] = [0, 0];
    for (let round = 0; round < 20; round++) {
      const peer = await connectHttp1(server, "http");
      await peer.get();
      const closed = once(tracker, "closed");
      peer.end();
      await Promise.all([once(peer.wire, "close"), closed]);
      read += peer.wire.bytesRead;
      written += peer.wire.bytesWritten;
    }
    const series = await scrape(register);
    expect((series.get(SENT) ?? NaN) - (series.get(RETRANSMITTED) ?? NaN)).toBe(read);
    expect(series.get(RECEIVED)).toBe(written);
    expect(sum(series, "sockinfo_tcp_sent_segments_total")).toBeGreaterThanOrEqual(20);
  });

  test("that were there before the registration are not counted", async () => {
    const server = await open(makeServer("http"));
    const tracker = trackConnections(server);
    onTestFinished(() => tracker.close());
    const peer = await connectHttp1(server, "http");
    await peer.get();
    const before = peer.wire.bytesWritten;
    const { register } = observe(server);
    await peer.get();
    const after = await scrapeUntil(register, (series) => (series.get(RECEIVED) ?? 0) > 0);
    expect(after.get(RECEIVED)).toBe(peer.wire.bytesWritten - before);
  });

  test("of a connection that the tracker leaves are counted up to then", async () => {
    const server = await open(makeServer("http"));
    const { register, tracker } = observe(server);
    const peer = await connectHttp1(server, "http");
    await peer.get();
    tracker.detach(server);
    const left = await scrape(register);
    expect(left.get(RECEIVED)).toBe(peer.wire.bytesWritten);
    expect(sum(left, "sockinfo_connections")).toBe(0);
    await peer.get();
    const unwatched = peer.wire.bytesWritten;
    tracker.attach(server);
    await peer.get();
    const back = await scrapeUntil(register, (series) => series.get(RECEIVED) !== left.get(RECEIVED));
    expect(back.get(RECEIVED)).toBe((left.get(RECEIVED) ?? NaN) + peer.wire.bytesWritten - unwatched);
    tracker.close();
    expect((await scrape(register)).get(RECEIVED)).toBe(back.get(RECEIVED));
  });
});

describe.skipIf(lacks("linux"))("with afterClose", () => {
  const bytes = 1_000_000;

  /** A response that the kernel sends when Node has closed the connection. */
  async function sendAfterClose() {
    const server = await open(
      http.createServer((_req, res) => res.setHeader("Connection", "close").end(Buffer.alloc(bytes))),
    );
    const tracker: ConnectionTracker<unknown> = trackConnections(server, { afterClose: true });
    const { register } = observe(server);
    const wire = await dial(server);
    wire.pause();
    const closed = once(tracker, "closed");
    const destroyed = once(tracker, "destroyed") as Promise<[unknown, ConnectionOutcome]>;
    wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await closed;
    const atClose = await scrape(register);
    wire.resume();
    const [, outcome] = await destroyed;
    return { wire, atClose, outcome, atEnd: await scrape(register) };
  }

  test("what the kernel sends after the close is counted", async () => {
    let sent = await sendAfterClose();
    // On a busy machine the announcement may get lost, and with it the counters.
    while (sent.outcome.retransmittedSegments === undefined) sent = await sendAfterClose();
    const { wire, atClose, atEnd } = sent;
    expect((atEnd.get(SENT) ?? NaN) - (atEnd.get(RETRANSMITTED) ?? NaN)).toBe(wire.bytesRead);
    expect(wire.bytesRead).toBeGreaterThan(bytes);
    expect(atClose.get(SENT)).toBeLessThan(bytes);
    expect(atEnd.get(RECEIVED)).toBe(wire.bytesWritten);
  });
});

describe.skipIf(lacks("linux"))("of the live connections", () => {
  test("unsent and unacknowledged bytes are those of the kernel, and vanish with the connection", async () => {
    const server = await listen(net.createServer());
    const { register } = observe(server);
    const accepted = once(server, "connection") as Promise<[net.Socket]>;
    const wire = await dial(server);
    wire.pause();
    const [socket] = await accepted;
    // More than both kernels' buffers hold.
    socket.write(Buffer.alloc(30_000_000));
    const queued = () => {
      const { notSentBytes, bytesSent, retransmittedBytes, bytesAcked } = getTcpInfo(socket) as LinuxTcpInfo;
      return [notSentBytes, (bytesSent ?? NaN) - (retransmittedBytes ?? NaN) - (bytesAcked ?? NaN)];
    };
    await until(() => (queued()[0] ?? 0) > 0 && queued()[1] === 0);
    const series = await scrapeUntil(register, (each) => each.get("sockinfo_tcp_unsent_bytes") === queued()[0]);
    expect(series.get("sockinfo_tcp_unacknowledged_bytes")).toBe(0);
    wire.destroy();
    socket.destroy();
    const after = await scrapeUntil(register, (each) => each.get("sockinfo_tcp_unsent_bytes") === 0);
    expect(sum(after, "sockinfo_connections")).toBe(0);
  });

  test("time is limited by the receiver while it does not read", async () => {
    const server = await listen(net.createServer());
    const { register } = observe(server);
    const accepted = once(server, "connection") as Promise<[net.Socket]>;
    const wire = await dial(server);
    wire.pause();
    const [socket] = await accepted;
    socket.write(Buffer.alloc(30_000_000));
    const limited = 'sockinfo_tcp_limited_seconds_total{by="receiver"}';
    await scrapeUntil(register, (series) => (series.get(limited) ?? 0) > 0.3);
    const { rwndLimitedTimeMs = NaN } = getTcpInfo(socket) as LinuxTcpInfo;
    const series = await scrape(register);
    expect(series.get(limited)).toBeGreaterThanOrEqual(rwndLimitedTimeMs / 1000);
    expect(series.get(limited)).toBeLessThanOrEqual(
      ((getTcpInfo(socket) as LinuxTcpInfo).rwndLimitedTimeMs ?? NaN) / 1000,
    );
  });
});

test("Unix sockets have connections, and nothing of TCP", async () => {
  const server = await open(makeServer("unix"), "unix");
  const { register } = observe(server);
  const peer = await connect(server, "unix");
  await peer.get();
  const series = await scrape(register);
  expect(sum(series, "sockinfo_connections")).toBe(1);
  expect([...series.keys()].filter((name) => /_p\d\d_seconds/.test(name) || name.includes("accept"))).toEqual([]);
  peer.end();
  const after = await scrapeUntil(register, (each) => sum(each, "sockinfo_connections") === 0);
  expect(after.get("sockinfo_tcp_rtt_seconds_count")).toBe(0);
});
