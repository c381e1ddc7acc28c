// Announcements that are lost, that never come, or that a sandbox denies. netlink-shim.c loses them, and deny-calls.c
// denies the netlink socket. The clients are sockets of the same process, which count what they get.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { entry } from "../../helpers/child";
import { lacks } from "../../helpers/needs";

let folder = "";
let shim = "";
let denyCalls = "";

beforeAll(() => {
  if (lacks("linux", "compiler")) return () => {};
  folder = mkdtempSync(join(tmpdir(), "sockinfo-losses-"));
  [shim, denyCalls] = [join(folder, "shim.so"), join(folder, "deny-calls")];
  const compile = (source: string, out: string, ...flags: string[]) =>
    execFileSync("cc", ["-O1", "-Wall", "-o", out, join(import.meta.dirname, source), ...flags]);
  compile("netlink-shim.c", shim, "-shared", "-fPIC", "-ldl");
  compile("../../sandboxes/deny-calls.c", denyCalls);
  return () => rmSync(folder, { recursive: true });
});

/** `ends` counts the outcomes. `round()` makes one request, and resolves to the bytes that the client got. */
const PRELUDE = `
  const { trackConnections } = require(${JSON.stringify(join(entry, "..", "connections", "index.js"))});
  const net = require("node:net"), { once } = require("node:events");
  const { setTimeout: wait } = require("node:timers/promises");
  const until = async (condition) => { while (!condition()) await wait(5); };
  // As Node does after a response with "Connection: close".
  const server = net.createServer((socket) => socket.end("x".repeat(1000), () => socket.destroy()));
  const ends = {};
  let last;
  const tracker = trackConnections(server, { afterClose: true }).on("destroyed", (connection, outcome) => {
    const key = [outcome.end, outcome.unknownReason, outcome.error?.code].filter(Boolean).join(" ");
    ends[key] = (ends[key] ?? 0) + 1;
    last = outcome;
  });
  const total = () => Object.values(ends).reduce((sum, count) => sum + count, 0);
  let closed = 0;
  tracker.on("closed", () => closed++);
  const round = async () => {
    const client = net.connect(server.address().port, "127.0.0.1").resume();
    await once(client, "close");
    return client.bytesRead;
  };
  const say = (value) => { console.log(JSON.stringify(value)); process.exit(); };
  server.listen(0, "127.0.0.1");
  once(server, "listening").then(main);`;

function run(script: string, environment: Record<string, string>, launcher: readonly string[] = []): unknown {
  const node = [process.execPath, "-e", `${PRELUDE} async function main() {${script}}`];
  const [command, ...parameters] = [...launcher, ...node] as [string, ...string[]];
  const env = { ...process.env, ...environment };
  const { status, signal, stdout, stderr } = spawnSync(command, parameters, {
    encoding: "utf8",
    timeout: 110_000,
    env,
  });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: "" });
  return JSON.parse(stdout);
}

const shimmed = (what: string) => ({ LD_PRELOAD: shim, NETLINK_SHIM: what });

describe.skipIf(lacks("linux", "compiler"))("announcements", () => {
  test("lost in a burst: each connection gets an outcome, because the kernel is asked", () => {
    const ends = run(
      `
      await round();
      await until(() => total() === 1);
      await Promise.all(Array.from({ length: 60 }, round));
      await until(() => total() === 61);
      say(ends);`,
      shimmed("small"),
    ) as Record<string, number>;
    const { delivered = 0, "unknown lost": lost = 0 } = ends;
    expect(delivered + lost).toBe(61);
    // The sockets that were closed by this side are in TIME_WAIT for a minute, and found there.
    expect(delivered).toBeGreaterThan(30);
  }, 120_000);

  test("lost silently: the kernel is asked after thirty seconds", () => {
    const seen = run(
      `
      const start = performance.now();
      await wait(200);
      const bytes = await round();
      await until(() => total() === 1);
      say({ ends, seconds: (performance.now() - start) / 1000, bytes, lost: last.lostBytes });`,
      shimmed("deaf"),
    ) as Record<string, unknown>;
    expect(seen["ends"]).toEqual({ delivered: 1 });
    expect(seen["lost"]).toBe(0);
    expect(seen["seconds"]).toBeGreaterThan(29);
  }, 120_000);

  test("more than 10,000 that wait: the oldest is given up", () => {
    const ends = run(
      `
      await wait(200);
      const MANY = 10_020;
      for (let i = 0; i < MANY; i += 60) await Promise.all(Array.from({ length: 60 }, round));
      await until(() => closed >= MANY);
      await wait(50);
      say({ ends, closed });`,
      shimmed("deaf"),
    ) as { ends: Record<string, number>; closed: number };
    // Some may have been asked for already, if this took longer than thirty seconds.
    const { "unknown too-many": tooMany = 0, delivered = 0 } = ends.ends;
    expect(tooMany + delivered).toBeGreaterThanOrEqual(ends.closed - 10_000);
    if (delivered === 0) expect(tooMany).toBe(ends.closed - 10_000);
  }, 120_000);

  test("without a thread: the next tracker tries again", () => {
    const ends = run(
      `
      await round();
      await until(() => total() === 1);
      tracker.close();
      trackConnections(server, { afterClose: true }).on("destroyed", (connection, { end }) => (ends[end] = 1));
      await round();
      await until(() => total() === 2);
      say(ends);`,
      shimmed("threadless"),
    );
    expect(ends).toEqual({ "unknown unavailable ERR_SOCKINFO_OUT_OF_RESOURCES": 1, delivered: 1 });
  });

  test("that never come: the self-test finds it out", () => {
    const seen = run(
      `
      const bytes = await round();
      await until(() => total() === 1);
      await round();
      await until(() => total() === 2);
      say({ ends, bytes, acked: last.tcpInfo.bytesAcked });`,
      shimmed("mute"),
    ) as { ends: unknown; bytes: number; acked: number };
    expect(seen.ends).toEqual({ "unknown unavailable ERR_SOCKINFO_UNSUPPORTED_KERNEL": 2 });
    // The final TCP_INFO stays.
    expect(seen.acked).toBeGreaterThanOrEqual(seen.bytes);
  });
});

describe.skipIf(lacks("linux", "compiler"))("a sandbox without AF_NETLINK", () => {
  // socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)
  const rule = `socket:${3 | 0o2000000}:4`;

  test.each(["EAFNOSUPPORT", "EPERM"] as const)("%s: the server works, and the end is unknown", (error) => {
    const launcher = [denyCalls, String(constants.errno[error]), rule, "--"];
    const seen = run(
      `const bytes = await round(); await until(() => total() === 1); say({ ends, bytes });`,
      {},
      launcher,
    );
    expect(seen).toMatchObject({ ends: { "unknown unavailable ERR_SOCKINFO_SYSTEM_CALL_DENIED": 1 } });
    expect((seen as { bytes: number }).bytes).toBeGreaterThan(100);
  });
});
