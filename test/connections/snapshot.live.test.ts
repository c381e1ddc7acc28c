// takeSnapshot: every connection once, in several parts; quantiles against sorting; connections that close between two
// parts.
import { createConnection, createServer, type Socket } from "node:net";
import { getFd, getTcpInfo, type TcpInfo } from "sockinfo";
import { takeSnapshot, type Quantiles } from "sockinfo/connections";
import { describe, expect, onTestFinished, test } from "vitest";
import { entry, runNode } from "../helpers/child";
import { connectPair, listen, portOf, socketPath, until } from "../helpers/servers";

interface Connection {
  readonly id: number;
  readonly socket: Socket;
}

/** Accepted ends. Every other one has sent a number of bytes that depends on its index. */
async function connectMany(count: number): Promise<{ port: number; connections: Connection[] }> {
  const connections: Connection[] = [];
  const clients: Socket[] = [];
  const server = await listen(
    createServer((socket) => {
      const id = connections.length;
      connections.push({ id, socket });
      if (id % 2 === 1) socket.write(Buffer.alloc(id * 1000));
    }),
  );
  const port = portOf(server);
  for (let index = 0; index < count; index++) {
    const client = createConnection(port, "127.0.0.1").resume();
    client.on("error", () => {});
    clients.push(client);
    onTestFinished(() => void client.destroy());
  }
  const sum = (sockets: Socket[], side: "bytesRead" | "bytesWritten") =>
    sockets.reduce((total, s) => total + s[side], 0);
  const accepted = () => connections.map(({ socket }) => socket);
  await until(() => connections.length === count && sum(clients, "bytesRead") === sum(accepted(), "bytesWritten"));
  return { port, connections };
}

/** More connections than one part has. Sockets are repeated, because descriptors may be few. */
const repeated = (connections: readonly Connection[], count: number): Connection[] =>
  Array.from({ length: count }, (_, index) => ({ ...(connections[index % connections.length] as Connection) }));

function expectQuantiles(quantiles: Quantiles | undefined, values: readonly (number | undefined)[]): void {
  const sorted = values.filter((value) => value !== undefined).toSorted((a, b) => a - b);
  const rank = (percent: number) => sorted[Math.ceil((sorted.length * percent) / 100) - 1];
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  if (sorted.length === 0) return expect(quantiles).toBeUndefined();
  expect(quantiles).toEqual({
    count: sorted.length,
    min: sorted[0],
    p50: rank(50),
    p90: rank(90),
    p99: rank(99),
    max: sorted.at(-1),
    mean: expect.closeTo(mean, 5) as number,
  });
}

const minRttOf = (info: TcpInfo) => (info.platform === "linux" ? info.minRttMs : undefined);

describe("of living connections", () => {
  test("each once, in order, with its own numbers", async () => {
    const { connections } = await connectMany(40);
    const many = repeated(connections, 2500);
    const begun = Date.now();
    const snapshot = await takeSnapshot(many);
    expect(snapshot).toMatchObject({ size: 2500, skipped: 0 });
    expect(snapshot.takenAt.getTime()).toBeGreaterThanOrEqual(begun);
    expect(snapshot.takenAt.getTime()).toBeLessThanOrEqual(Date.now());
    expect(snapshot.durationMs).toBeGreaterThan(0);
    const seen = [...snapshot];
    expect(seen.map(([connection]) => connection)).toEqual(many);
    for (const [{ socket }, { state, bytesSent, retransmittedBytes }] of seen) {
      expect([state, (bytesSent ?? 0) - (retransmittedBytes ?? 0)]).toEqual(["ESTABLISHED", socket.bytesWritten]);
    }
    // Iterating again decodes again.
    expect([...snapshot]).toEqual(seen);
  });

  test("quantiles are those of the values in the snapshot", async () => {
    const { connections } = await connectMany(61);
    const snapshot = await takeSnapshot(repeated(connections, 2440));
    const infos = [...snapshot].map(([, info]) => info);
    expect(infos).toHaveLength(2440);
    expectQuantiles(
      snapshot.quantiles.rttMs,
      infos.map(({ rttMs }) => rttMs),
    );
    expectQuantiles(snapshot.quantiles.minRttMs, infos.map(minRttOf));
    expectQuantiles(
      snapshot.quantiles.sndCwndBytes,
      infos.map(({ sndCwndBytes }) => sndCwndBytes),
    );
    const ratios = infos.map(({ retransmittedSegments = 0, dataSegmentsSent = 0 }) =>
      dataSegmentsSent > 0 ? retransmittedSegments / dataSegmentsSent : undefined,
    );
    expectQuantiles(snapshot.quantiles.retransmissionRatio, ratios);
    // Connections that have sent nothing have no ratio.
    expect(snapshot.quantiles.retransmissionRatio?.count).toBe(30 * 40);
    expect(snapshot.quantiles.sndCwndBytes?.count).toBe(2440);
  });

  test("from any iterable of connections", async () => {
    const { connections } = await connectMany(3);
    function* one() {
      yield* connections;
    }
    for (const iterable of [new Set(connections), new Map(connections.entries()).values(), one()]) {
      expect([...(await takeSnapshot(iterable))].map(([{ id }]) => id)).toEqual([0, 1, 2]);
    }
  });

  test("the event loop runs between any two parts", async () => {
    const { connections } = await connectMany(2);
    let turns = 0;
    const count = () => void ((immediate = setImmediate(count)), turns++);
    let immediate = setImmediate(count);
    await takeSnapshot(repeated(connections, 10_000));
    clearImmediate(immediate);
    expect(turns).toBeGreaterThanOrEqual(9);
  });
});

describe("skipped", () => {
  test("a closed socket, a Unix socket, and one that is still connecting", async () => {
    const { server, accepted } = await connectPair();
    const unix = await connectPair({ path: socketPath() });
    const closed = (await connectPair()).client.destroy();
    const connecting = createConnection(portOf(server), "127.0.0.1");
    onTestFinished(() => void connecting.destroy());
    const sockets = [closed, accepted, unix.accepted, connecting];
    const snapshot = await takeSnapshot(sockets.map((socket) => ({ socket })));
    expect(snapshot).toMatchObject({ size: 1, skipped: 3 });
    expect([...snapshot].map(([{ socket }]) => socket)).toEqual([accepted]);
    expect(snapshot.quantiles.sndCwndBytes?.count).toBe(1);
  });

  test("all connections: an empty list, and one without TCP", async () => {
    const none = { rttMs: undefined, minRttMs: undefined, retransmissionRatio: undefined, sndCwndBytes: undefined };
    const unix = await connectPair({ path: socketPath() });
    for (const connections of [[], [{ socket: unix.accepted }]]) {
      const snapshot = await takeSnapshot(connections);
      expect(snapshot).toMatchObject({ size: 0, skipped: connections.length, quantiles: none });
      expect([...snapshot]).toEqual([]);
    }
  });

  test("a connection that closes between two parts, even if another one gets its descriptor number", async () => {
    const { port, connections } = await connectMany(4);
    const [first, victim] = connections as [Connection, Connection, ...Connection[]];
    const many = [...repeated([first], 1000), victim, first];
    const fd = getFd(victim.socket);
    const promise = takeSnapshot(many);
    victim.socket.destroy();
    const heirs = Array.from({ length: 30 }, () => createConnection(port, "127.0.0.1"));
    onTestFinished(() => heirs.forEach((heir) => heir.destroy()));
    // Node opens their descriptors in the next tick, which is before the next part.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    expect(heirs.map((heir) => getFd(heir))).toContain(fd);
    const snapshot = await promise;
    expect(snapshot).toMatchObject({ size: 1001, skipped: 1 });
    expect([...snapshot].filter(([connection]) => connection === victim)).toEqual([]);
    expect(() => getTcpInfo(victim.socket)).toThrow(expect.objectContaining({ code: "ERR_SOCKINFO_SOCKET_CLOSED" }));
  });

  test("not a connection that closes after its part was read", async () => {
    const { connections } = await connectMany(2);
    const promise = takeSnapshot(connections);
    for (const { socket } of connections) socket.destroy();
    const snapshot = await promise;
    expect([...snapshot].map(([, { state }]) => state)).toEqual(["ESTABLISHED", "ESTABLISHED"]);
  });

  test("a connection that comes after the call", async () => {
    const { connections } = await connectMany(3);
    const live = new Set(repeated(connections.slice(0, 2), 1200));
    const promise = takeSnapshot(live);
    live.add(connections[2] as Connection);
    expect(await promise).toMatchObject({ size: 1200, skipped: 0 });
  });
});

test("without the native module it is rejected", () => {
  const ending = runNode(
    `const { takeSnapshot } = require(${JSON.stringify(entry.replace("index.js", "connections/index.js"))});
    takeSnapshot([{ socket: new (require("net").Socket)() }]).catch((error) => console.log(error.code, error instanceof sockinfo.SocketInfoError));`,
    ["--no-addons"],
  );
  expect(ending).toMatchObject({ status: 0, stdout: "ERR_SOCKINFO_ADDON_LOAD_FAILED true" });
});
