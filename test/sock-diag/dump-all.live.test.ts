// dumpAllTcpSockets: the sockets of all ports, their columns against the whole rows, and the attempts that a listener
// dropped against its own SO_MEMINFO.
import { execFileSync } from "node:child_process";
import { createConnection, createServer } from "node:net";
import { Worker } from "node:worker_threads";
import { getFd, getSocketMemory, getTcpInfo, type LinuxTcpInfo } from "sockinfo";
import { describe, expect, onTestFinished, test } from "vitest";
import type { TcpSocketColumn } from "../../src/sock-diag/columns";
import type { DumpOptions, TcpSocketDump } from "../../src/sock-diag/dump-tcp-sockets";
import type { TcpSocketRow } from "../../src/sock-diag/socket-row";
import { core } from "../helpers/core";
import { lacks } from "../helpers/needs";
import { connectPair, listen, portOf, until } from "../helpers/servers";
import { cookieOf, orThrow } from "./helpers";

const dumpAll = async (options?: DumpOptions): Promise<TcpSocketDump> => orThrow(await core.dumpAllTcpSockets(options));

const rowsOf = (all: TcpSocketDump): TcpSocketRow[] =>
  Array.from({ length: all.length }, (_, index) => all.get(index) as TcpSocketRow);

/** Where the whole row has the number of each column. The compiler refuses a missing name. */
const OF_ROW: Record<TcpSocketColumn, (row: TcpSocketRow) => unknown> = {
  cookie: ({ cookie }) => Number(cookie),
  state: ({ state }) => core.STATE_NAMES.indexOf(state),
  localPort: ({ local }) => local.port,
  remotePort: ({ remote }) => remote.port,
  unreadBytes: ({ unreadBytes }) => unreadBytes,
  acceptQueueLength: ({ acceptQueueLength }) => acceptQueueLength,
  acceptQueueLimit: ({ acceptQueueLimit }) => acceptQueueLimit,
  droppedSyns: ({ droppedSyns }) => droppedSyns,
  inode: ({ inode }) => inode,
  ...ofInfo(
    "rttMs",
    "minRttMs",
    "timerBackoffs",
    "sinceLastDataSentMs",
    "sinceLastDataReceivedMs",
    "sndCwndBytes",
    "retransmittedSegments",
    "bytesReceived",
    "notSentBytes",
    "dataSegmentsSent",
    "deliveryRateBytesPerSecond",
    "busyTimeMs",
    "bytesSent",
  ),
};

function ofInfo<Name extends string>(...names: Name[]): Record<Name, (row: TcpSocketRow) => unknown> {
  const entries = names.map((name) => [
    name,
    ({ tcpInfo }: TcpSocketRow) => tcpInfo && (tcpInfo as unknown as Record<string, unknown>)[name],
  ]);
  return Object.fromEntries(entries) as Record<Name, (row: TcpSocketRow) => unknown>;
}

describe.skipIf(lacks("linux"))("all sockets", () => {
  test("are there, of every port and both ends", async () => {
    const pairs = [await connectPair(), await connectPair()];
    const cookies = new Set(rowsOf(await dumpAll({ states: ["ESTABLISHED"] })).map(({ cookie }) => cookie));
    for (const { accepted, client } of pairs) {
      expect(cookies).toContain(cookieOf(accepted));
      expect(cookies).toContain(cookieOf(client));
    }
    const one = orThrow(await core.dumpTcpSockets(pairs[0]?.accepted.localPort as number));
    expect(rowsOf(one).map(({ cookie }) => cookie)).not.toContain(cookieOf(pairs[1]?.accepted as never));
  });

  test("have columns with the numbers of the whole rows", async () => {
    const server = await listen(createServer());
    const { accepted, client } = await connectPair();
    accepted.write(Buffer.alloc(100_000));
    accepted.destroy();
    client.pause();
    // The kernel knows a rate once data is acknowledged.
    const rated = await connectPair();
    rated.client.resume();
    rated.accepted.write(Buffer.alloc(100_000));
    await until(() => (getTcpInfo(rated.accepted) as LinuxTcpInfo).deliveryRateBytesPerSecond !== undefined);
    const [waiting] = [createConnection({ port: portOf(server), host: "127.0.0.1" })];
    onTestFinished(() => void waiting.destroy());
    const all = await dumpAll();
    const names = Object.keys(OF_ROW) as TcpSocketColumn[];
    const columns = all.getColumns(names);
    expect(Object.keys(columns)).toEqual(names);
    const rows = rowsOf(all);
    for (const name of names) {
      const expected = rows.map((row) => OF_ROW[name](row) ?? NaN);
      expect({ [name]: [...columns[name]] }).toEqual({ [name]: expected });
    }
    for (const [index, { local, remote }] of rows.entries()) expect(all.getEndpoints(index)).toEqual({ local, remote });
    expect(all.getEndpoints(all.length)).toBeUndefined();
    // Each column has numbers, or the comparison would say nothing.
    const empty = names.filter((name) => columns[name].every(Number.isNaN));
    expect(empty).toEqual([]);
  });

  test("may be limited in number, and it says so", async () => {
    await connectPair();
    expect(await dumpAll({ maxSockets: 1 })).toMatchObject({ isTruncated: true, length: 1 });
    expect(await dumpAll({ states: ["NEW_SYN_RECV"] })).toMatchObject({ isTruncated: false });
  });

  test.each([{ maxSockets: -1 }, { port: 80 }, { states: ["listen"] }, null])("%o are no options", async (options) => {
    expect(await core.dumpAllTcpSockets(options as never)).toMatchObject({ code: "ERR_SOCKINFO_INVALID_ARGUMENT" });
  });
});

describe.skipIf(lacks("linux", "ss"))("a listener whose queue is full", () => {
  test("has the number of attempts that the kernel dropped, as SO_MEMINFO and ss have it", async () => {
    const server = await listen(createServer(), { host: "127.0.0.1", port: 0, backlog: 2 });
    const [fd, port] = [getFd(server), portOf(server)];
    const script = `
      const { connect } = require("node:net");
      const { workerData: port } = require("node:worker_threads");
      for (let client = 0; client < 8; client++) connect(port, "127.0.0.1").on("error", () => {});`;
    const worker = new Worker(script, { eval: true, workerData: port });
    onTestFinished(() => void worker.terminate());
    // This thread accepts nothing meanwhile.
    const pause = new Int32Array(new SharedArrayBuffer(4));
    const dropped = () => getSocketMemory(fd).droppedPackets ?? NaN;
    for (let wait = 0; wait < 1000 && dropped() < 5; wait++) Atomics.wait(pause, 0, 0, 20);
    // The clients have ended, so the number stays.
    await worker.terminate();

    const all = await dumpAll({ states: ["LISTEN"] });
    const { localPort, droppedSyns } = all.getColumns(["localPort", "droppedSyns"]);
    const index = localPort.indexOf(port);
    expect(droppedSyns[index]).toBeGreaterThanOrEqual(5);
    expect(droppedSyns[index]).toBe(dropped());
    const line = execFileSync("ss", ["-ltmnOH", `sport = :${port}`], { encoding: "utf8" });
    expect(droppedSyns[index]).toBe(Number(/,d(\d+)\)/.exec(line)?.[1]));
    const idle = await listen(createServer());
    const rows = rowsOf(await dumpAll({ states: ["LISTEN"] }));
    expect(rows.find(({ local }) => local.port === portOf(idle))).toMatchObject({ droppedSyns: 0 });
  });
});
