// What the frames say, compared with the counters of real clients, with ss and with the tracker.
import http from "node:http";
import { once } from "node:events";
import net, { type Socket } from "node:net";
import { hostname } from "node:os";
import { expect, onTestFinished, test } from "vitest";
import { SeenConnection } from "../../src/page/seen-connection";
import { addressText, maskedText } from "../../src/page/texts";
import { connect, connectHttp1, connectHttp2, dial, type Http1Client } from "../helpers/http-clients";
import { makeServer, open } from "../helpers/http-servers";
import { lacks } from "../helpers/needs";
import { portOf, until } from "../helpers/servers";
import { show, type Shown, targetOf, watch, type Watcher } from "./visits";

async function look(shown: Shown, query?: string): Promise<Watcher> {
  return watch(targetOf(await shown.page.listen(0)), query);
}

/** The id of the only connection. */
const onlyId = ({ tracker }: Shown): number | undefined => [...tracker][0]?.id;

const portOfClient = ({ localPort }: Socket): string => `127.0.0.1:${localPort}`;

test("a row for each connection: addresses, state, requests, and the path without its query", async () => {
  const shown = await show(http.createServer((req, res) => void (req.url === "/" && res.end("ok"))));
  const idle = await connectHttp1(shown.server, "http");
  await idle.get("/");
  const busy = await connectHttp1(shown.server, "http");
  busy.send("/reports/7;jsessionid=secret?key=secret#secret");
  const fresh = await dial(shown.server);
  const { rows, totals, otherRows } = await (
    await look(shown, "order=id&descending=0")
  ).find((frame) => (frame.rows.some(({ path }) => path !== null) && frame.rows.length === 3 ? frame : undefined));
  const local = `127.0.0.1:${portOf(shown.server)}`;
  expect(rows).toMatchObject([
    { remote: portOfClient(idle.wire), local, protocol: "http/1.1", state: "idle", requestsServed: 1, path: null },
    { remote: portOfClient(busy.wire), local, state: "active", requestsInFlight: 1, path: "/reports/7" },
    { remote: portOfClient(fresh), local, state: "new", requestsServed: 0, path: null, peer: null },
  ]);
  expect(totals.connections).toEqual({ new: 1, active: 1, idle: 1, hijacked: 0 });
  expect(totals.requestsInFlight).toBe(1);
  expect(otherRows).toBe(0);
  expect(JSON.stringify(rows)).not.toContain("secret");
});

test("a target with a scheme shows its path, and neither its host nor its password", async () => {
  const shown = await show(http.createServer(() => {}));
  const client = await connectHttp1(shown.server, "http");
  client.send("http://user:secret@example.org/a/b?c");
  const path = await (await look(shown)).find(({ rows }) => rows[0]?.path ?? undefined);
  expect(path).toBe("/a/b");
});

test("a path that Express has shortened is whole, and a long one is cut", async () => {
  const shown = await show(
    http.createServer((req) => {
      Object.assign(req, { originalUrl: req.url, url: "/" });
    }),
  );
  const client = await connectHttp1(shown.server, "http");
  client.send(`/${"x".repeat(3000)}`);
  const path = await (await look(shown)).find(({ rows }) => rows[0]?.path ?? undefined);
  expect(path).toMatch(/^\/x{198}…$/);
});

test("rates and totals are those of the client's own counters", async () => {
  const shown = await show(
    http.createServer((req, res) => {
      req.resume().on("end", () => res.end("x".repeat(1_000_000)));
    }),
  );
  const client = await connectHttp1(shown.server, "http");
  const watcher = await look(shown);
  await watcher.frame(0);
  client.stream.write(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000\r\n\r\n${"y".repeat(300_000)}`);
  await until(() => client.received.length > 1_000_000);
  const { bytesRead, bytesWritten } = client.wire;
  const bytes = (rate: "sentBytesPerSecond" | "receivedBytesPerSecond"): number =>
    watcher.frames.reduce((sum, { totals, intervalMs }) => sum + ((totals[rate] ?? 0) * (intervalMs ?? 0)) / 1000, 0);
  await until(() => bytes("sentBytesPerSecond") > 0.9 * bytesRead);
  // Each connection is read at its own moment, so its interval is not quite that of the frame.
  expect(bytes("sentBytesPerSecond") / bytesRead).toBeCloseTo(1, 1);
  expect(bytes("receivedBytesPerSecond") / bytesWritten).toBeCloseTo(1, 1);
  const row = watcher.frames.at(-1)?.rows[0];
  expect(row).toMatchObject({ verdict: expect.any(String), sentence: expect.stringMatching(/^[A-Z].*\.$/) });
  expect(row?.shares).not.toBeNull();
});

test.skipIf(lacks("linux"))("a client that does not read: unsent bytes, and a verdict about it", async () => {
  const shown = await show(http.createServer((_, res) => res.end(Buffer.alloc(30_000_000))));
  const slow = await connectHttp1(shown.server, "http");
  slow.stream.pause();
  slow.send("/");
  await connectHttp1(shown.server, "http");
  const watcher = await look(shown);
  const frame = await watcher.find((each) => (each.rows[0]?.cause === "takes-nothing" ? each : undefined));
  expect(frame.rows[0]).toMatchObject({ remote: portOfClient(slow.wire), verdict: "slow-reader" });
  expect(frame.rows[0]?.notSentBytes).toBeGreaterThan(10_000_000);
});

test("two orders are computed from other numbers", () => {
  const numbers = { rttMs: 5, minRttMs: 2, sentBytesPerSecond: 30, receivedBytesPerSecond: 40 };
  const seen = Object.assign(new SeenConnection({} as never), numbers);
  expect([seen.valueOf("queueingMs"), seen.valueOf("trafficBytesPerSecond")]).toEqual([3, 70]);
});

test("the order, its direction, the limit and the state", async () => {
  const shown = await show();
  const clients: Http1Client[] = [];
  for (const requests of [1, 3, 2]) {
    const client = await connectHttp1(shown.server, "http");
    for (let sent = 0; sent < requests; sent++) await client.get();
    clients.push(client);
  }
  const fresh = await dial(shown.server);
  await until(() => shown.tracker.size === 4);
  const target = targetOf(await shown.page.listen(0));
  const served = async (query: string): Promise<unknown> => {
    const { rows, otherRows } = await (await watch(target, query)).frame(0);
    return [rows.map(({ requestsServed }) => requestsServed), otherRows];
  };
  expect(await served("order=requestsServed")).toEqual([[3, 2, 1, 0], 0]);
  expect(await served("order=requestsServed&descending=0&limit=2")).toEqual([[0, 1], 2]);
  expect(await served("order=requestsServed&limit=1&state=idle")).toEqual([[3], 2]);
  expect(await served("limit=0&state=new")).toEqual([[], 1]);
  // A connection that has sent nothing has no delivery rate, so it comes last in both directions.
  for (const descending of [0, 1]) {
    const [rows] = (await served(`order=deliveryRateBytesPerSecond&descending=${descending}`)) as [number[]];
    expect(rows.at(-1)).toBe(0);
  }
  expect(await served("order=id&descending=1")).toEqual([[0, 2, 3, 1], 0]);
  for (const order of ["queueingMs", "trafficBytesPerSecond"]) {
    const [rows] = (await served(`order=${order}`)) as [unknown[]];
    expect(rows).toHaveLength(4);
  }
  fresh.destroy();
});

test.each([
  "order=secret",
  "order=constructor",
  "order=__proto__",
  "descending=yes",
  "state=closed",
  "state=__proto__",
  "limit=501",
  "limit=-1",
  "limit=1e2",
  "limit=",
  "connection=x",
  `connection=${"9".repeat(30)}`,
  "connection=1&connection=2",
  "__proto__=1",
  "callback=alert",
])("the question %s is refused", async (query) => {
  const { page } = await show();
  const watcher = await watch(targetOf(await page.listen(0)), query);
  expect(watcher.status).toBe(400);
});

test("recently closed connections, with what they were and why they ended", async () => {
  const shown = await show(undefined, {}, { afterClose: true });
  const before = await connectHttp1(shown.server, "http");
  await before.get();
  const port = portOfClient(before.wire);
  before.end();
  await until(() => shown.tracker.size === 0);
  const watcher = await look(shown);
  const row = await watcher.find(({ recentlyClosed }) => recentlyClosed.find(({ outcome }) => outcome !== null));
  expect(row).toMatchObject({
    remote: port,
    protocol: "http/1.1",
    requestsServed: 1,
    closeReason: "client-end",
    closeError: null,
    outcome: process.platform === "linux" ? "delivered" : "unknown",
  });
  expect(new Date(row.closedAt).getTime() - new Date(row.openedAt).getTime()).toBeCloseTo(row.durationMs, -1);
  const later = await connectHttp1(shown.server, "http");
  const laterPort = portOfClient(later.wire);
  later.wire.resetAndDestroy();
  const [again] = await watcher.find(({ recentlyClosed }) =>
    recentlyClosed.some(({ closeReason }) => closeReason === "client-reset") ? recentlyClosed : undefined,
  );
  expect(again).toMatchObject({ remote: laterPort, closeError: "ECONNRESET" });
  const { totals } = await watcher.find((frame) => (frame.totals.closedTotal === 2 ? frame : undefined));
  expect(totals).toMatchObject({ openedTotal: 2, closedByReason: { "client-end": 1, "client-reset": 1 } });
});

test("two hundred closed connections are kept, and no more", async () => {
  const shown = await show();
  for (let round = 0; round < 11; round++) {
    const clients = await Promise.all(Array.from({ length: 20 }, () => dial(shown.server)));
    for (const client of clients) client.destroy();
  }
  await until(() => shown.tracker.size === 0);
  const { recentlyClosed, totals } = await (await look(shown)).frame(0);
  expect(totals.closedTotal).toBe(220);
  expect(recentlyClosed.length).toBe(200);
});

test("one connection in depth: its time line, its TCP_INFO, and its requests with what they cost", async () => {
  const shown = await show(
    http.createServer((req, res) => {
      res.statusCode = 203;
      res.end("x".repeat(Number(req.url?.slice(1, 8)) || 1));
    }),
  );
  const client = await connectHttp1(shown.server, "http");
  await until(() => shown.tracker.size === 1);
  const id = onlyId(shown);
  const watcher = await look(shown, `connection=${id}`);
  await watcher.frame(0);
  client.send("/0500000?token=secret", "Cookie: secret");
  const request = await watcher.find(({ detail }) => detail?.requests.find(({ bytesAcked }) => bytesAcked !== null));
  await until(() => client.received.length > 500_000);
  expect(request).toMatchObject({ id: 1, method: "GET", path: "/0500000", status: 203 });
  if (process.platform === "linux") expect(request.bytesAcked).toBe(client.wire.bytesRead);
  const frame = await watcher.find((each) => ((each.detail?.samples.length ?? 0) > 0 ? each : undefined));
  expect(frame.detail?.tcpInfo).toMatchObject({ state: "ESTABLISHED" });
  expect(frame.detail?.samples[0]).toMatchObject({ takenAt: frame.takenAt });
  expect(JSON.stringify(watcher.frames)).not.toContain("secret");
  client.end();
  await watcher.find(({ rows, detail }) => (rows.length === 0 && detail === null ? true : undefined));
});

test("a second viewer of one connection gets its time line from before", async () => {
  const shown = await show();
  await connectHttp1(shown.server, "http");
  await until(() => shown.tracker.size === 1);
  const id = onlyId(shown);
  const target = targetOf(await shown.page.listen(0));
  const first = await watch(target, `connection=${id}`);
  await first.frame(1);
  const second = await watch(target, `connection=${id}`);
  const { detail } = await second.frame(0);
  expect(detail?.samples.length).toBeGreaterThanOrEqual(2);
  expect(first.frames.map((frame) => frame.detail?.samples.length).slice(0, 2)).toEqual([1, 1]);
});

test("streams of HTTP/2 are the requests of a connection", async () => {
  const shown = await show(
    makeServer("h2c", (req, res) => {
      res.statusCode = 404;
      res.end(req.url);
    }),
  );
  const client = await connectHttp2(shown.server, "h2c");
  const id = onlyId(shown);
  const watcher = await look(shown, `connection=${id}`);
  expect((await watcher.frame(0)).rows[0]).toMatchObject({ protocol: "h2c", state: "new" });
  await client.get("/one?secret");
  const request = await watcher.find(({ detail }) => detail?.requests.find(({ status }) => status !== null));
  expect(request).toMatchObject({ method: "GET", path: "/one", status: 404, aborted: false });
  const session = [...shown.tracker][0]?.http2Session;
  const count = session?.listenerCount("stream") ?? 0;
  watcher.close();
  await until(() => session?.listenerCount("stream") === count - 1);
});

test.skipIf(lacks("linux"))("the peer of a Unix socket, and a masked address", async () => {
  const shown = await show(await open(makeServer("unix"), "unix"), { maskAddresses: true });
  await (await connect(shown.server, "unix")).get();
  const row = await (await look(shown)).find(({ rows }) => rows[0]);
  expect(row).toMatchObject({ remote: "unix", rttMs: null, verdict: "unknown" });
  expect(row.peer).toEqual({ uid: process.getuid?.(), pid: process.pid });
});

test("masked addresses have neither their last part nor a port", async () => {
  const shown = await show(undefined, { maskAddresses: true });
  const client = await connectHttp1(shown.server, "http");
  await client.get();
  const watcher = await look(shown);
  expect((await watcher.frame(0)).rows[0]?.remote).toBe("127.0.0.x");
  client.end();
  const closed = await watcher.find(({ recentlyClosed }) => recentlyClosed[0]);
  expect(closed.remote).toBe("127.0.0.x");
  expect(JSON.stringify(watcher.frames)).not.toContain(String(client.wire.localPort));
});

test.skipIf(lacks("linux"))("an IPv4 client of a server on all addresses, and an IPv6 client", async () => {
  const server = http.createServer((_, res) => res.end("ok")).listen(0, "::");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const shown = await show(server);
  const remotes: string[] = [];
  for (const host of ["127.0.0.1", "::1"]) {
    const socket = net.connect(portOf(server), host);
    onTestFinished(() => void socket.destroy());
    await once(socket, "connect");
    remotes.push(host === "::1" ? `[::1]:${socket.localPort}` : `127.0.0.1:${socket.localPort}`);
  }
  await until(() => shown.tracker.size === 2);
  const { rows } = await (await look(shown, "order=id&descending=0")).frame(0);
  expect(rows.map(({ remote }) => remote)).toEqual(remotes);
});

test.each([
  ["192.0.2.7", "192.0.2.7:80", "192.0.2.x"],
  ["::ffff:192.0.2.7", "192.0.2.7:80", "192.0.2.x"],
  ["2001:db8:1:2:3:4:5:6", "[2001:db8:1:2:3:4:5:6]:80", "2001:db8:1:x"],
  ["2001:db8::7", "[2001:db8::7]:80", "2001:db8:0:x"],
  ["2001:db8:1:2::7", "[2001:db8:1:2::7]:80", "2001:db8:1:x"],
  ["::1", "[::1]:80", "0:0:0:x"],
])("the address %s is shown as %s, and masked as %s", (address, whole, masked) => {
  const endpoint = { family: address.includes(":") ? "IPv6" : "IPv4", address, port: 80 } as const;
  expect([addressText(endpoint), maskedText(endpoint)]).toEqual([whole, masked]);
});

test("the process, its machine and the ports on which the tracker's servers listen", async () => {
  const shown = await show();
  const watcher = await look(shown);
  const served = { hostname: hostname(), pid: process.pid };
  expect((await watcher.frame(0)).server).toEqual({ ...served, ports: [portOf(shown.server)] });
  shown.server.close();
  await watcher.find(({ server }) => (server.ports.length === 0 ? server : undefined));
});

test("while nobody looks, TCP_INFO is not read and the requests are not followed", async () => {
  const { channel } = await import("node:diagnostics_channel");
  const start = channel("http.server.request.start") as unknown as { _subscribers?: unknown[] };
  const shown = await show();
  const subscribers = start._subscribers?.length;
  const client = await connectHttp1(shown.server, "http");
  await client.get();
  const id = onlyId(shown);
  const watcher = await look(shown, `connection=${id}`);
  await watcher.frame(0);
  expect(start._subscribers?.length).toBe((subscribers ?? 0) + 1);
  watcher.close();
  await until(() => start._subscribers?.length === subscribers);
});

test("a getter of the application that throws does not end the stream", async () => {
  const shown = await show(
    http.createServer((req) => {
      Object.defineProperty(req, "originalUrl", {
        get() {
          throw new Error("mine");
        },
      });
    }),
  );
  (await connectHttp1(shown.server, "http")).send("/");
  const watcher = await look(shown);
  await watcher.frame(1);
  expect(watcher.frames[1]?.rows[0]).toMatchObject({ state: "active", path: null });
});
