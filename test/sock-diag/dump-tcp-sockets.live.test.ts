// dumpTcpSockets on hundreds of connections, against the cookies and the TCP_INFO of their own descriptors.
import { once } from "node:events";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { DumpOptions, TcpSocketDump } from "../../src/sock-diag/dump-tcp-sockets";
import type { TcpSocketRow } from "../../src/sock-diag/socket-row";
import { core } from "../helpers/core";
import { root } from "../helpers/docs";
import { lacks } from "../helpers/needs";
import { connectPair, listen, portOf, until } from "../helpers/servers";
import { binding, cookieOf, countDiagSockets, orThrow } from "./helpers";

const COUNT = 300;

const dump = async (port: number, options?: DumpOptions): Promise<TcpSocketDump> =>
  orThrow(await core.dumpTcpSockets(port, options));

const rowsOf = (all: TcpSocketDump): TcpSocketRow[] =>
  Array.from({ length: all.length }, (_, index) => all.get(index) as TcpSocketRow);

/** Connects `count` clients, and returns the sockets that the server has accepted. */
async function accept(server: Server, count: number, host = "127.0.0.1"): Promise<Socket[]> {
  const accepted: Socket[] = [];
  server.on("connection", (socket) => accepted.push(socket));
  const clients = Array.from({ length: count }, () => createConnection({ host, port: portOf(server) }));
  onTestFinished(() => clients.forEach((client) => client.destroy()));
  await until(() => accepted.length === count);
  return accepted;
}

describe.skipIf(lacks("linux"))("the sockets of a port", () => {
  test("are complete: the listener and each connection, with the owner's cookie and TCP_INFO", async () => {
    const server = await listen(createServer());
    const accepted = await accept(server, COUNT);
    const all = await dump(portOf(server));
    expect(all).toMatchObject({ isTruncated: false, isInterrupted: false, length: COUNT + 1 });
    const rows = rowsOf(all);
    expect(rows.filter(({ state }) => state === "LISTEN")).toHaveLength(1);
    const established = rows.filter(({ state }) => state === "ESTABLISHED");
    expect(new Set(established.map(({ cookie }) => cookie))).toEqual(new Set(accepted.map(cookieOf)));
    for (const row of rows) expect(row.local.port).toBe(portOf(server));
    const byCookie = new Map(accepted.map((socket) => [cookieOf(socket), socket]));
    for (let index = 0; index < all.length; index++) {
      const owner = byCookie.get(all.get(index)?.cookie as bigint);
      if (!owner) continue;
      expect(all.get(index)?.remote).toEqual({ address: owner.remoteAddress, port: owner.remotePort });
      expect(all.get(index)?.tcpInfo).toMatchObject({ state: "ESTABLISHED", bytesReceived: 0 });
    }
  });

  test("of IPv4, of IPv6 and of both are in one dump, and those of other ports in none", async () => {
    const server = await listen(createServer(), { host: "::", port: 0 }).catch(() => undefined);
    if (!server) return;
    const other = await connectPair();
    const accepted = [...(await accept(server, 2)), ...(await accept(server, 2, "::1"))];
    const rows = rowsOf(await dump(portOf(server), { states: ["ESTABLISHED"] }));
    expect(rows.map(({ local }) => local.address).toSorted()).toEqual([
      "::1",
      "::1",
      "::ffff:127.0.0.1",
      "::ffff:127.0.0.1",
    ]);
    expect(new Set(rows.map(({ cookie }) => cookie))).toEqual(new Set(accepted.map(cookieOf)));
    expect(rows.map(({ cookie }) => cookie)).not.toContain(cookieOf(other.accepted));
  });

  test("may be limited in number, and it says so", async () => {
    const server = await listen(createServer());
    await accept(server, 5);
    for (const maxSockets of [0, 1, 5]) {
      expect(await dump(portOf(server), { maxSockets })).toMatchObject({ isTruncated: true, length: maxSockets });
    }
    expect(await dump(portOf(server), { maxSockets: 6 })).toMatchObject({ isTruncated: false, length: 6 });
  });

  test("may be limited to states", async () => {
    const server = await listen(createServer());
    await accept(server, 3);
    const states = async (...wanted: DumpOptions["states"] & {}) =>
      rowsOf(await dump(portOf(server), { states: wanted })).map(({ state }) => state);
    expect(await states("LISTEN")).toEqual(["LISTEN"]);
    expect(await states("ESTABLISHED")).toEqual(Array(3).fill("ESTABLISHED"));
    expect(await states("SYN_SENT", "CLOSING")).toEqual([]);
    expect(await states()).toEqual([]);
  });

  test("of an unused port are none, and an index outside is undefined", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const port = portOf(server);
    await once(server.close(), "close");
    const none = await dump(port);
    expect(none).toMatchObject({ isTruncated: false, length: 0 });
    for (const index of [0, -1, 0.5, NaN]) {
      expect(none.get(index)).toBeUndefined();
    }
  });

  test("leave no descriptor behind", async () => {
    const { accepted } = await connectPair();
    const before = countDiagSockets();
    await Promise.all(Array.from({ length: 50 }, () => dump(accepted.localPort as number)));
    for (let count = 0; count < 1000; count++) {
      core.findTcpSocket({
        local: { address: "127.0.0.1", port: accepted.localPort as number },
        remote: { address: "127.0.0.1", port: count + 1 },
        cookie: undefined,
      });
    }
    expect(countDiagSockets()).toBe(before);
  });
});

describe.skipIf(lacks("linux"))("a worker thread", () => {
  const SOURCE = `
    const { parentPort, workerData } = require("node:worker_threads");
    const core = require(workerData.core);
    const ask = async () => {
      const all = await core.dumpTcpSockets(workerData.port);
      if (all instanceof core.Failure) throw all.toError();
      parentPort.postMessage(all.length);
      if (workerData.isEndless) ask();
    };
    ask();`;
  const start = (port: number, isEndless: boolean) =>
    new Worker(SOURCE, { eval: true, workerData: { core: join(root, "dist", "core.js"), port, isEndless } });

  test("has its own dumps", async () => {
    const server = await listen(createServer());
    await accept(server, 50);
    const workers = [1, 2, 3].map(() => start(portOf(server), false));
    const answers = await Promise.all(workers.map(async (worker) => (await once(worker, "message"))[0] as number));
    expect(answers).toEqual([51, 51, 51]);
    await Promise.all(workers.map((worker) => worker.terminate()));
  });

  test("may end in the middle of a dump", async () => {
    const server = await listen(createServer());
    await accept(server, 100);
    const before = countDiagSockets();
    for (let count = 0; count < 15; count++) {
      const worker = start(portOf(server), true);
      await once(worker, "message");
      expect(await worker.terminate()).toBe(1);
    }
    expect(countDiagSockets()).toBe(before);
  });
});

describe("arguments", () => {
  test.each([-1, 0, 65_536, 0.5, NaN, "80", undefined])("%o is no port", async (port) => {
    expect(await core.dumpTcpSockets(port as never)).toMatchObject({ code: "ERR_SOCKINFO_INVALID_ARGUMENT" });
  });

  test.each([
    { maxSockets: -1 },
    { maxSockets: 1_000_001 },
    { maxSockets: 0.5 },
    { maxSockets: "1" },
    { maxSockets: null },
    { states: ["established"] },
    { states: "LISTEN" },
    { port: 80 },
    null,
  ])("%o are no options", async (options) => {
    expect(await core.dumpTcpSockets(80, options as never)).toMatchObject({ code: "ERR_SOCKINFO_INVALID_ARGUMENT" });
  });

  test.skipIf(lacks("linux"))("of the native functions", async () => {
    const { EFAULT, EINVAL } = (await import("node:os")).constants.errno;
    const answer = new Uint8Array(456);
    for (const asked of [undefined, null, {}, new Uint8Array(55), new Uint8Array(57), new Uint32Array(14)])
      expect(binding.findTcpSocket(asked as never, answer)).toBe(-EFAULT);
    for (const target of [undefined, null, {}, new Uint8Array(455), new DataView(new ArrayBuffer(456))])
      expect(binding.findTcpSocket(new Uint8Array(56), target as never)).toBe(-EFAULT);
    expect((binding.findTcpSocket as () => number)()).toBe(-EFAULT);
    for (const version of [0, 1, 2, 5, 10, 255])
      expect(binding.findTcpSocket(Uint8Array.of(version, ...new Uint8Array(55)), answer)).toBe(-EINVAL);
    expect(answer).toEqual(new Uint8Array(456));
    for (const port of [undefined, null, {}, "80", 65_536])
      expect(await new Promise((resolve) => binding.dumpTcpSockets(port as never, 1, 1, resolve))).toBe(-EINVAL);
    for (const callback of [undefined, null, {}, 1])
      expect(binding.dumpTcpSockets(80, 1, 1, callback as never)).toBe(-EFAULT);
  });
});
