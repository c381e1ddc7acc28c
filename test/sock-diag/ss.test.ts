// findTcpSocket and dumpTcpSockets against `ss -tanmeo` and /proc/net/tcp, on sockets in several states.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { STATE_NAMES } from "../../src/tcp-info/linux-names";
import type { TcpSocketRow } from "../../src/sock-diag/socket-row";
import { core } from "../helpers/core";
import { lacks } from "../helpers/needs";
import { connectPair, listen, portOf, until } from "../helpers/servers";
import { cookieOf, find, idOf, orThrow } from "./helpers";

const STATES: Record<string, string> = {
  ESTAB: "ESTABLISHED",
  LISTEN: "LISTEN",
  "FIN-WAIT-1": "FIN_WAIT_1",
  "FIN-WAIT-2": "FIN_WAIT_2",
  "CLOSE-WAIT": "CLOSE_WAIT",
  "TIME-WAIT": "TIME_WAIT",
};
const TIMERS: Record<string, string> = {
  on: "RETRANSMIT",
  keepalive: "KEEPALIVE",
  timewait: "TIME_WAIT",
  persist: "ZERO_WINDOW_PROBE",
};

/** The sockets of a local port, as ss prints them, with the names of `TcpSocketRow`. */
function readSs(port: number): object[] {
  const output = execFileSync("ss", ["-tanmeoOH", `sport = :${port}`], { encoding: "utf8" });
  return output
    .trim()
    .split("\n")
    .map((line) => {
      const [state = "", receiveQueue, sendQueue, local = "", remote = ""] = line.split(/\s+/);
      const isListener = state === "LISTEN";
      const timer = /timer:\((\w+),/.exec(line)?.[1];
      const inode = /ino:(\d+)/.exec(line)?.[1];
      return {
        state: STATES[state],
        local: endpointOf(local),
        remote: endpointOf(remote),
        cookie: BigInt(`0x${/ sk:(\w+)/.exec(line)?.[1]}`),
        [isListener ? "acceptQueueLength" : "unreadBytes"]: Number(receiveQueue),
        [isListener ? "acceptQueueLimit" : "unacknowledgedBytes"]: Number(sendQueue),
        timer: timer && TIMERS[timer],
        inode: inode === undefined || inode === "0" ? undefined : Number(inode),
      };
    });
}

function endpointOf(text: string): object {
  const colon = text.lastIndexOf(":");
  const port = text.slice(colon + 1);
  return { address: text.slice(0, colon).replace(/^\[|\]$/g, ""), port: port === "*" ? 0 : Number(port) };
}

/** The same of /proc/net/tcp, without addresses: "sl local remote st tx:rx tr:when retrnsmt uid timeout inode". */
function readProc(port: number): object[] {
  const lines = readFileSync("/proc/net/tcp", "utf8").trim().split("\n").slice(1);
  return lines
    .map((line) => line.trim().split(/[\s:]+/))
    .filter((words) => Number.parseInt(words[2] as string, 16) === port)
    .map((words) => {
      const hex = (index: number) => Number.parseInt(words[index] as string, 16);
      const inode = Number(words[13]);
      return {
        state: STATE_NAMES[hex(5)],
        remotePort: hex(4),
        sendQueue: hex(6),
        receiveQueue: hex(7),
        uid: inode === 0 ? undefined : Number(words[11]),
        inode: inode || undefined,
      };
    });
}

const byPort = (rows: readonly object[]) =>
  rows.toSorted((one, other) => JSON.stringify(one, text).localeCompare(JSON.stringify(other, text)));
const text = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);

test.skipIf(lacks("linux", "ss"))("a dump has what ss and /proc/net/tcp have", async () => {
  const server = await listen(createServer({ allowHalfOpen: true, pauseOnConnect: true }));
  const port = portOf(server);
  const accepted: Socket[] = [];
  server.on("connection", (socket) => accepted.push(socket));
  const clients = Array.from({ length: 5 }, () =>
    createConnection({ port, host: "127.0.0.1", allowHalfOpen: true }).on("error", () => {}),
  );
  await until(() => accepted.length === clients.length);
  const clientOf = (socket: Socket) => clients.find(({ localPort }) => localPort === socket.remotePort) as Socket;
  const [idle, unread, closeWait, finWait, timeWait] = accepted as [Socket, Socket, Socket, Socket, Socket];
  idle.setKeepAlive(true, 60_000);
  clientOf(unread).write("five!");
  clientOf(closeWait).end();
  const [finWaitId, timeWaitId] = [idOf(finWait), idOf(timeWait)];
  finWait.destroy();
  clientOf(timeWait)
    .resume()
    .on("end", () => clientOf(timeWait).end());
  timeWait.resume().destroy();
  await until(() => find(timeWaitId)?.state === "TIME_WAIT" && find(finWaitId)?.state === "FIN_WAIT_2");
  await until(() => find(idOf(closeWait))?.state === "CLOSE_WAIT");
  await until(() => execFileSync("ss", ["-tnH", `sport = :${port}`], { encoding: "utf8" }).includes("CLOSE-WAIT"));

  const all = orThrow(await core.dumpTcpSockets(port));
  const rows = Array.from({ length: all.length }, (_, index) => all.get(index) as TcpSocketRow);
  const seen = rows.map((row) => {
    const { state, local, remote, cookie, timer, inode } = row;
    const queues =
      state === "LISTEN"
        ? { acceptQueueLength: row.acceptQueueLength, acceptQueueLimit: row.acceptQueueLimit }
        : { unreadBytes: row.unreadBytes, unacknowledgedBytes: row.unacknowledgedBytes };
    return { state, local, remote, cookie, ...queues, timer, inode };
  });
  expect(seen.map(({ state }) => String(state)).toSorted((one, other) => one.localeCompare(other))).toEqual([
    "CLOSE_WAIT",
    "ESTABLISHED",
    "ESTABLISHED",
    "FIN_WAIT_2",
    "LISTEN",
    "TIME_WAIT",
  ]);
  expect(byPort(seen)).toEqual(byPort(readSs(port)));
  expect(seen.find(({ cookie }) => cookie === cookieOf(unread))).toMatchObject({ unreadBytes: 5 });
  expect(seen.find(({ cookie }) => cookie === cookieOf(idle))).toMatchObject({ timer: "KEEPALIVE" });

  // A listener's limit is not in /proc.
  const connections = rows.filter(({ state }) => state !== "LISTEN");
  const inProc = readProc(port).filter((row) => (row as TcpSocketRow).state !== "LISTEN");
  expect(
    byPort(
      connections.map((row) => ({
        state: row.state,
        remotePort: row.remote.port,
        sendQueue: row.unacknowledgedBytes,
        receiveQueue: row.unreadBytes,
        uid: row.uid,
        inode: row.inode,
      })),
    ),
  ).toEqual(byPort(inProc));
});

test.skipIf(lacks("linux", "ss"))("the cookie is the one that ss prints", async () => {
  const { accepted, client } = await connectPair();
  const mine = readSs(accepted.localPort as number).find(
    (row) => (row as TcpSocketRow).remote.port === client.localPort,
  );
  expect(mine).toMatchObject({ cookie: cookieOf(accepted) });
});

test.skipIf(lacks("linux", "ss", "root", "unshare"))(
  "link-local addresses of IPv6 are found by their interface",
  () => {
    const script = `
    const core = require(${JSON.stringify(require.resolve("../../dist/core.js"))});
    const net = require("node:net");
    const server = net.createServer((accepted) => {
      const cookie = core.readCookie(core.loadAddon(), accepted._handle.fd);
      const local = { address: accepted.localAddress, port: accepted.localPort };
      const remote = { address: accepted.remoteAddress, port: accepted.remotePort };
      const row = core.findTcpSocket({ local, remote, cookie });
      const bare = (end) => ({ ...end, address: end.address.split("%")[0] });
      const without = core.findTcpSocket({ local: bare(local), remote: bare(remote), cookie });
      const { interfaceIndex } = row ?? {};
      const again = core.findTcpSocket({ local: bare(local), remote: bare(remote), cookie, interfaceIndex });
      console.log(JSON.stringify([local.address, row?.state, interfaceIndex > 0, without?.state ?? "none", again?.state]));
      process.exit();
    }).listen(0, "fe80::1%test0", () => net.connect(server.address().port, "fe80::1%test0"));`;
    const setUp =
      "ip link add test0 type veth peer name test1 && ip link set test1 up && ip addr add fe80::1/64 dev test0 nodad && ip link set test0 up && ip link set lo up";
    const output = execFileSync(
      "unshare",
      ["-n", "sh", "-c", `${setUp} && exec "$0" -e "$1"`, process.execPath, script],
      {
        encoding: "utf8",
        timeout: 30_000,
      },
    );
    expect(JSON.parse(output)).toEqual(["fe80::1%test0", "ESTABLISHED", true, "none", "ESTABLISHED"]);
  },
);
