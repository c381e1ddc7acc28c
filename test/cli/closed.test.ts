// sockinfo closed: real connections as they end, against what their clients counted.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { program, runProgram } from "../helpers/program";
import { listen, portOf, until } from "../helpers/servers";

interface EndedLine {
  readonly connection?: {
    readonly local: { readonly port: number };
    readonly remote: { readonly address: string; readonly port: number };
    readonly result: string;
    readonly sentBytes?: number;
    readonly receivedBytes?: number;
    readonly unackedBytes?: number;
    readonly unsentBytes?: number;
    readonly tcpInfo?: object;
  };
  readonly lostConnections?: number;
}

interface Watching {
  readonly child: ChildProcess;
  readonly lines: EndedLine[];
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(process.execPath, [program, "closed", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** Makes a connection, lets `use` end it, and returns the client's port. */
async function endOne(server: Server, use: (accepted: Socket, client: Socket) => unknown): Promise<number> {
  const arrived = once(server, "connection") as Promise<[Socket]>;
  const client = connect(portOf(server), "127.0.0.1").on("error", () => {});
  const [accepted] = await arrived;
  const port = client.localPort as number;
  accepted.on("error", () => {});
  await use(accepted, client);
  await until(() => accepted.destroyed && client.destroyed);
  return port;
}

const endNormally = (accepted: Socket, client: Socket) => {
  client.resume();
  accepted.end();
};

/** Waits until the program watches: connections that end before that are never announced. */
async function watch(server: Server, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Watching> {
  const child = start([...args, "--json"], env);
  const lines: EndedLine[] = [];
  createInterface(child.stdout as NodeJS.ReadableStream).on("line", (line) =>
    lines.push(JSON.parse(line) as EndedLine),
  );
  while (lines.length === 0) await endOne(server, endNormally);
  return { child, lines };
}

const ofServer = ({ lines }: Watching, clientPort: number) =>
  lines.map(({ connection }) => connection).find((each) => each?.remote.port === clientPort);

describe.skipIf(lacks("linux"))("sockinfo closed", () => {
  test("what the client got is delivered, and what it did not take is not", async () => {
    const server = await listen(createServer());
    const watching = await watch(server, [`:${portOf(server)}`]);
    let got = NaN;
    const delivered = await endOne(server, async (accepted, client) => {
      client.resume().write("question");
      accepted.resume().end(Buffer.alloc(70_000));
      await once(client, "close");
      got = client.bytesRead;
    });
    const stuck = await endOne(server, async (accepted, client) => {
      client.pause();
      accepted.write(Buffer.alloc(30_000_000));
      await until(() => client.bytesRead > 0 || accepted.writableLength > 0);
      client.resetAndDestroy();
    });
    await until(() => ofServer(watching, delivered) !== undefined && ofServer(watching, stuck) !== undefined);
    expect(got).toBe(70_000);
    expect(ofServer(watching, delivered)).toMatchObject({
      result: "delivered",
      sentBytes: got,
      // The FIN of the client is one.
      receivedBytes: 9,
      unackedBytes: 0,
      unsentBytes: 0,
      tcpInfo: { platform: "linux", state: "CLOSED" },
    });
    const lost = ofServer(watching, stuck);
    expect(lost).toMatchObject({ result: "incomplete" });
    expect((lost?.unackedBytes ?? 0) + (lost?.unsentBytes ?? 0)).toBeGreaterThan(100_000);
    watching.child.kill("SIGINT");
    expect(await once(watching.child, "exit")).toEqual([0, null]);
  });

  test("an abort has no numbers, and connections of other ports are not printed", async () => {
    const [server, other] = [await listen(createServer()), await listen(createServer())];
    const watching = await watch(server, [`:${portOf(server)}`]);
    const hidden = await endOne(other, endNormally);
    const before = watching.lines.length;
    await endOne(server, (accepted) => accepted.resetAndDestroy());
    await until(() => watching.lines.slice(before).some(({ connection }) => connection?.result === "aborted"));
    const aborted = watching.lines.find(({ connection }) => connection?.result === "aborted")?.connection;
    expect(aborted).toEqual({
      local: expect.objectContaining({ port: portOf(server) }) as object,
      remote: { address: "127.0.0.1", port: 0 },
      cookie: expect.stringMatching(/^[0-9a-f]+$/) as string,
      result: "aborted",
    });
    const last = await endOne(server, endNormally);
    await until(() => ofServer(watching, last) !== undefined);
    expect(ofServer(watching, hidden)).toBeUndefined();
    for (const { connection } of watching.lines) expect(connection?.local.port).toBe(portOf(server));
    watching.child.kill("SIGTERM");
    expect(await once(watching.child, "exit")).toEqual([0, null]);
  });

  test("without a port, both ends and a refused attempt are printed, and no listener", async () => {
    const server = await listen(createServer());
    const watching = await watch(server, []);
    const free = createServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    const freePort = portOf(free);
    await once(free.close(), "close");
    const refused = connect(freePort, "127.0.0.1").on("error", () => {});
    await new Promise((resolve) => refused.on("close", resolve));
    const port = await endOne(server, endNormally);
    const find = (local: number, remote: number) =>
      watching.lines.find(({ connection: each }) => each?.local.port === local && each.remote.port === remote);
    const refusal = () => watching.lines.find(({ connection }) => connection?.remote.port === freePort);
    await until(() => find(port, portOf(server)) !== undefined && find(portOf(server), port) !== undefined);
    await until(() => refusal() !== undefined);
    expect(refusal()).toMatchObject({ connection: { result: "unconnected", sentBytes: 0 } });
    expect(watching.lines.filter(({ connection }) => connection?.local.port === freePort)).toEqual([]);
  });

  test("the table has a line for each, and ends when its reader does", async () => {
    const server = await listen(createServer());
    const child = start([`:${portOf(server)}`]);
    const lines: string[] = [];
    createInterface(child.stdout as NodeJS.ReadableStream).on("line", (line) => lines.push(line));
    while (lines.length < 2) await endOne(server, endNormally);
    expect(lines[0]).toBe("TIME      REMOTE                     SENT  RECEIVED  RETRANS  RESULT");
    expect(lines[1]).toMatch(/^\d\d:\d\d:\d\d {2}127\.0\.0\.1:\d+ +0 B +1 B +0 {2}delivered$/);
    child.stdout?.destroy();
    while (child.exitCode === null && child.signalCode === null) await endOne(server, endNormally);
    expect([child.exitCode, child.signalCode]).toEqual([0, null]);
  });

  test.each([["443"], ["::443"], [":0"], [":65536"], ["127.0.0.1:80"]])("%s is no port", async (operand) => {
    const { status, stdout, stderr } = await runProgram(["closed", operand]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(`sockinfo: "${operand}" is not :port\nUsage: sockinfo closed [:port] [--json]\n`);
  });
});

describe.skipIf(lacks("linux", "compiler"))("sockinfo closed, where announcements", () => {
  function compile(source: string, ...flags: string[]): string {
    const folder = mkdtempSync(join(tmpdir(), "sockinfo-closed-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const out = join(folder, "out");
    execFileSync("cc", ["-O1", "-o", out, join(import.meta.dirname, "..", source), ...flags]);
    return out;
  }

  test("are lost, says how many", async () => {
    const shim = compile("connections/after-close/netlink-shim.c", "-shared", "-fPIC", "-ldl");
    const server = await listen(createServer());
    const env = { LD_PRELOAD: shim, NETLINK_SHIM: "small" };
    const watching = await watch(server, [`:${portOf(server)}`], env);
    const isLossy = () => watching.lines.some(({ lostConnections = 0 }) => lostConnections > 0);
    while (!isLossy()) await Promise.all(Array.from({ length: 40 }, () => endOne(server, endNormally)));
    watching.child.kill("SIGINT");
    expect(await once(watching.child, "exit")).toEqual([0, null]);
  });

  test("are denied, says so and ends with 1", async () => {
    const denyCalls = compile("sandboxes/deny-calls.c");
    const before = [denyCalls, String(constants.errno.EPERM), "socket:524291:4", "--"];
    const { status, stderr } = await runProgram(["closed"], { before });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^sockinfo: .*(denied|sandbox|EPERM)/i);
  });
});
