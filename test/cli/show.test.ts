// sockinfo show, compared with ss and with the connection's own two ends.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { tryGetTcpInfo } from "sockinfo";
import { describe, expect, onTestFinished, test } from "vitest";
import { FIELD_GROUPS } from "../../src/cli/tcp-info-words";
import { lacks } from "../helpers/needs";
import { runJson, runProgram } from "../helpers/program";
import { connectPair, listen, portOf } from "../helpers/servers";

interface ConnectionLine {
  readonly local: { readonly address: string; readonly port: number };
  readonly remote: { readonly address: string; readonly port: number };
  readonly state: string;
  readonly cookie: string;
  readonly inode: number;
  readonly unreadBytes: number;
  readonly unacknowledgedBytes: number;
  readonly owners: readonly { readonly pid: number }[];
  readonly tcpInfo: Readonly<Record<string, unknown>>;
}

interface PortLine {
  readonly version: number;
  readonly port: number;
  readonly isTruncated: boolean;
  readonly isInterrupted: boolean;
  readonly listeners: readonly object[];
  readonly connections: readonly ConnectionLine[];
}

interface OneLine {
  readonly version: number;
  readonly hasEnded: boolean;
  readonly connection: ConnectionLine;
  readonly diagnosis?: { readonly verdict: string; readonly cause?: string; readonly intervalMs: number };
}

const endOf = (socket: Socket) => `127.0.0.1:${socket.remotePort}`;
const ownEndOf = (socket: Socket) => `127.0.0.1:${socket.localPort}`;
/** Both, because another connection of this machine may have the same remote end. */
const endsOf = (socket: Socket) => [endOf(socket), ownEndOf(socket)];

describe.skipIf(lacks("linux", "ss"))("sockinfo show :port", () => {
  test("its connections are those of ss", async () => {
    const { server, client, accepted } = await connectPair();
    accepted.write("x".repeat(1000));
    client.pause();
    client.write("y".repeat(700));
    accepted.pause();
    const port = portOf(server);
    const line = await runJson<PortLine>(["show", `:${port}`]);
    expect(line).toMatchObject({ version: 1, port, isTruncated: false, isInterrupted: false });
    expect(line.listeners).toMatchObject([{ local: { address: "127.0.0.1", port }, acceptQueueLength: 0 }]);
    const ss = execFileSync("ss", ["-Htnei", `sport = :${port}`], { encoding: "utf8" });
    const number = (pattern: RegExp) => Number(pattern.exec(ss)?.[1]);
    expect(line.connections).toMatchObject([
      {
        local: { address: "127.0.0.1", port },
        remote: { address: "127.0.0.1", port: client.localPort },
        state: "ESTABLISHED",
        cookie: /sk:([0-9a-f]+)/.exec(ss)?.[1],
        inode: number(/ino:(\d+)/),
        owners: [{ pid: process.pid }],
        tcpInfo: {
          rttMs: number(/ rtt:([\d.]+)\//),
          sndMssBytes: number(/ mss:(\d+)/),
          bytesSent: number(/ bytes_sent:(\d+)/),
          bytesReceived: number(/ bytes_received:(\d+)/),
          segmentsSent: number(/ segs_out:(\d+)/),
        },
      },
    ]);
  });

  test("the table has the listener, the connections, and what waits", async () => {
    const server = await listen(createServer({ pauseOnConnect: true }));
    const client = connect(portOf(server), "127.0.0.1");
    onTestFinished(() => void client.destroy());
    const [accepted] = (await once(server, "connection")) as [Socket];
    client.write("y".repeat(700));
    await expect
      .poll(async () => (await runJson<PortLine>(["show", `:${portOf(server)}`])).connections[0]?.unreadBytes)
      .toBe(700);
    const { status, stdout, stderr } = await runProgram(["show", `:${portOf(server)}`]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const [titles, listener, , header, connection, , count, ...rest] = stdout.split("\n");
    expect(titles).toMatch(/^LOCAL +QUEUE +LIMIT +FILL +DROPPED +OWNER$/);
    expect(listener).toMatch(new RegExp(`^127\\.0\\.0\\.1:${portOf(server)} +0 +511 +0 % +0 .*\\(${process.pid}\\)$`));
    expect(header).toMatch(/^STATE +REMOTE +RTT +RATE +RETRANS +UNACKED +UNREAD$/);
    expect(connection).toMatch(new RegExp(`^ESTABLISHED +${endOf(accepted)} .* 0 +0 B +700 B$`));
    expect([count, ...rest]).toEqual(["1 connection, and 0 in TIME_WAIT", ""]);
  });

  test("sockets in TIME_WAIT are counted", async () => {
    const { server, client, accepted } = await connectPair();
    client.on("data", () => {});
    client.on("end", () => client.end());
    accepted.end();
    await once(client, "close");
    await expect
      .poll(async () => (await runProgram(["show", `:${portOf(server)}`])).stdout, { timeout: 20_000 })
      .toMatch(/^0 connections, and 1 in TIME_WAIT$/m);
  });

  test("a port without sockets", async () => {
    const server = createServer();
    const port = portOf(await listen(server));
    server.close();
    await once(server, "close");
    const { stderr, ...ending } = await runProgram(["show", `:${port}`]);
    expect(ending).toEqual({ status: 1, signal: null, stdout: "" });
    // Another program may be a client of another machine's port with this number.
    expect(stderr).toMatch(new RegExp(`^sockinfo: No TCP socket has the local port ${port}(\\. |\n)`));
    const { status, stdout } = await runProgram(["show", `:${port}`, "--json"]);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ port, listeners: [], connections: [] });
  });
});

test.skipIf(lacks("linux", "root", "unshare", "ip"))("show :port of a client", async () => {
  // In a network namespace of its own, connects to an address that does not answer, and then runs its arguments.
  const client = `
    const { execFileSync, spawnSync } = require("child_process");
    execFileSync("sh", ["-c", "ip link set lo up && ip route add 192.0.2.9 dev lo"]);
    require("net").connect(5432, "192.0.2.9").on("error", () => {});
    setImmediate(() => {
      const { status } = spawnSync(process.argv[1], process.argv.slice(2), { stdio: "inherit" });
      process.exit(status);
    });`;
  const before = ["unshare", "--net", "--", process.execPath, "-e", client, "--"];
  expect(await runProgram(["show", ":5432"], { before })).toMatchObject({
    status: 1,
    stdout: "",
    stderr:
      "sockinfo: No TCP socket has the local port 5432. " +
      "1 have it at the other end: try sockinfo show 192.0.2.9:5432\n",
  });
  const { stdout } = await runProgram(["show", "192.0.2.9:5432"], { before });
  expect(stdout).toMatch(/^remote +192\.0\.2\.9:5432\nstate +SYN_SENT$/m);
});

describe.skipIf(lacks("linux"))("sockinfo show ADDRESS:port", () => {
  test("everything about an idle connection, with the words of the docs", async () => {
    const { accepted } = await connectPair();
    const { status, stdout, stderr } = await runProgram(["show", ...endsOf(accepted)]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(
      new RegExp(`^local +${ownEndOf(accepted)}\nremote +${endOf(accepted)}\nstate +ESTABLISHED\n`),
    );
    expect(stdout).toMatch(new RegExp(`^owner .* \\(${process.pid}\\)$`, "m"));
    expect(stdout).toMatch(/^verdict +idle \(sinceLastDataSentMs [\d.]+ (ms|s)\)\n +Nothing to send for /m);
    expect(stdout).toMatch(/^shares +application 100 %, receiver 0 %, send buffer 0 %, network 0 % of 1(\.\d)? s$/m);
    const info = tryGetTcpInfo(accepted) as unknown as Record<string, unknown>;
    const words = FIELD_GROUPS.flatMap(({ fields }) => Object.entries(fields));
    const missing = stdout.split("Not known")[1] ?? "";
    for (const [name, meaning] of words) {
      if (info[name] === undefined) expect(missing).toContain(name);
      else expect(stdout).toMatch(new RegExp(`^  ${name} +\\S.*  ${escape(meaning)}$`, "m"));
    }
  });

  test("JSON", async () => {
    const { accepted } = await connectPair();
    const line = await runJson<OneLine>(["show", ...endsOf(accepted)]);
    expect(line).toMatchObject({
      version: 1,
      hasEnded: false,
      connection: { state: "ESTABLISHED", owners: [{ pid: process.pid }], tcpInfo: { platform: "linux" } },
      diagnosis: { verdict: "idle" },
    });
    expect(line.diagnosis?.intervalMs).toBeGreaterThanOrEqual(1000);
    // No limit is null.
    expect(line.connection.tcpInfo["sndSsthreshBytes"]).toBeNull();
  });

  test("a client that reads nothing", async () => {
    const { client, accepted } = await connectPair();
    client.pause();
    accepted.write(Buffer.alloc(50_000_000));
    // The window closes within a moment.
    await expect
      .poll(async () => (await runJson<OneLine>(["show", ...endsOf(accepted)])).diagnosis)
      .toMatchObject({
        verdict: "slow-reader",
        cause: "takes-nothing",
      });
    const { stdout } = await runProgram(["show", ...endsOf(accepted)]);
    expect(stdout).toMatch(
      /^verdict +slow-reader, takes-nothing \(undeliveredBytes [\d.]+ [kM]B\)\n +The peer has taken /m,
    );
  });

  test("a connection that ends between the readings", async () => {
    const { accepted, client } = await connectPair();
    // Says when the program waits for its second reading.
    const hook =
      "data:text/javascript,import t from 'node:timers/promises';const{setTimeout}=t;" +
      "t.setTimeout=(...a)=>{console.error('waiting');return setTimeout(...a)};";
    const running = { flags: ["--import", hook], onStderr: () => void client.resetAndDestroy() };
    const line = await runJson<OneLine>(["show", ...endsOf(accepted)], running);
    expect(line).toMatchObject({ hasEnded: true, connection: { state: "ESTABLISHED" } });
    expect(line.diagnosis).toBeUndefined();
  });

  test("an end that no connection has", async () => {
    const port = portOf(await listen(createServer()));
    const { status, stdout, stderr } = await runProgram(["show", `127.0.0.1:${port}`]);
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: "",
      stderr: `sockinfo: No TCP connection has the end 127.0.0.1:${port}\n`,
    });
  });

  test("several connections with the same end: each can be named", async () => {
    const server = await listen(createServer());
    const port = portOf(server);
    const clients = Array.from({ length: 12 }, () => connect(port, "127.0.0.1").on("error", () => {}));
    onTestFinished(() => clients.forEach((client) => client.destroy()));
    await Promise.all(clients.map((client) => once(client, "connect")));
    const { status, stderr } = await runProgram(["show", `127.0.0.1:${port}`]);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`^sockinfo: 12 connections have the end 127\\.0\\.0\\.1:${port}\\. Name both ends of one:\n`),
    );
    expect(stderr).toMatch(/\n {2}and 2 more\n$/);
    const [, ends = ""] = /^ {2}sockinfo show (.*)$/m.exec(stderr) ?? [];
    const line = await runJson<OneLine>(["show", ...ends.split(" ")]);
    expect(line.connection).toMatchObject({ remote: { port }, state: "ESTABLISHED" });
    expect((await runProgram(["show", ...ends.split(" ").toReversed()])).status).toBe(0);
    expect((await runProgram(["show", `127.0.0.1:${port}`, "127.0.0.1:1"])).status).toBe(1);
  });

  test.each([
    ["::1", "[::1]"],
    ["::1", "[0:0:0:0:0:0:0:1]"],
  ])("IPv6: %s as %s", async (host, written) => {
    const { accepted } = await connectPair({ host, port: 0 });
    const ends = [`${written}:${accepted.remotePort}`, `${written}:${accepted.localPort}`];
    const { connection } = await runJson<OneLine>(["show", ...ends]);
    expect(connection.remote).toEqual({ address: host, port: accepted.remotePort });
  });

  test("an IPv4 client of a server that listens on ::", async () => {
    const server = await listen(createServer(), { host: "::", port: 0 });
    const client = connect(portOf(server), "127.0.0.1");
    onTestFinished(() => void client.destroy());
    const [accepted] = (await once(server, "connection")) as [Socket];
    const { connection } = await runJson<OneLine>(["show", ...endsOf(accepted)]);
    expect(connection.local.address).toBe("::ffff:127.0.0.1");
  });
});

const escape = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
