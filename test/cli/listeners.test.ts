// sockinfo listeners, compared with ss and /proc.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { runJson, runProgram } from "../helpers/program";
import { listen, portOf } from "../helpers/servers";

interface Owner {
  readonly pid: number;
  readonly comm: string;
}

export interface ListenerLine {
  readonly local: { readonly address: string; readonly port: number };
  readonly acceptQueueLength: number;
  readonly acceptQueueLimit: number;
  readonly acceptQueueFullRatio: number;
  readonly droppedSyns: number;
  readonly uid: number;
  readonly inode: number;
  readonly cookie: string;
  readonly owners: readonly Owner[];
}

interface ListenersLine {
  readonly version: number;
  readonly takenAt: string;
  readonly listeners: readonly ListenerLine[];
}

async function listenerOf(port: number): Promise<ListenerLine | undefined> {
  const { listeners } = await runJson<ListenersLine>(["listeners"]);
  return listeners.find(({ local }) => local.port === port);
}

/** A Node process that listens and prints its port. */
async function startServer(script: string): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return { child, port: Number(line) };
}

const LISTEN =
  'const server = require("net").createServer().listen(0, "127.0.0.1", 1, () => console.log(server.address().port));';

describe.skipIf(lacks("linux", "ss"))("sockinfo listeners", () => {
  test.each(["127.0.0.1", "::1", "::", "0.0.0.0"])("a listener on %s is the one of ss", async (host) => {
    const server = await listen(createServer(), { host, port: 0, backlog: 17 });
    const port = portOf(server);
    const listener = await listenerOf(port);
    const ss = execFileSync("ss", ["-Hltnpe", `sport = :${port}`], { encoding: "utf8" });
    const [, queue, limit, local] = ss.trim().split(/\s+/);
    const [, pid] = /pid=(\d+)/.exec(ss) ?? [];
    const [, inode] = /ino:(\d+)/.exec(ss) ?? [];
    const [, cookie] = /sk:([0-9a-f]+)/.exec(ss) ?? [];
    const address = host.includes(":") ? `[${host}]` : host;
    expect(local?.replace("*", "[::]")).toBe(`${address}:${port}`);
    expect(listener).toEqual({
      local: { address: host, port },
      acceptQueueLength: Number(queue),
      acceptQueueLimit: Number(limit),
      acceptQueueFullRatio: 0,
      droppedSyns: 0,
      uid: process.getuid?.(),
      inode: Number(inode),
      cookie,
      owners: [{ pid: Number(pid), comm: expect.any(String) as string }],
    });
  });

  test("the line has a version and a time", async () => {
    const { version, takenAt } = await runJson<ListenersLine>(["listeners"]);
    expect(version).toBe(1);
    expect(new Date(takenAt).toISOString()).toBe(takenAt);
  });

  test("a full queue is at 100 %, and drops as many as ss has", async () => {
    const { child, port } = await startServer(LISTEN);
    child.kill("SIGSTOP");
    const clients = Array.from({ length: 6 }, () => connect(port, "127.0.0.1").on("error", () => {}));
    onTestFinished(() => clients.forEach((client) => client.destroy()));
    await expect
      .poll(() => listenerOf(port), { timeout: 30_000 })
      .toMatchObject({
        acceptQueueLength: 2,
        acceptQueueLimit: 1,
        acceptQueueFullRatio: 1,
      });
    // Clients that were dropped try again and again.
    const droppedOfSs = () =>
      Number(/,d(\d+)\)/.exec(execFileSync("ss", ["-Hltnm", `sport = :${port}`], { encoding: "utf8" }))?.[1]);
    await expect.poll(droppedOfSs, { timeout: 30_000 }).toBeGreaterThan(0);
    const before = droppedOfSs();
    const { droppedSyns } = (await listenerOf(port)) as ListenerLine;
    expect(droppedSyns).toBeGreaterThanOrEqual(before);
    expect(droppedSyns).toBeLessThanOrEqual(droppedOfSs());
    const { stdout } = await runProgram(["listeners"]);
    expect(stdout).toMatch(new RegExp(`^127\\.0\\.0\\.1:${port} +2 +1 +100 % +\\d+ +\\S.* \\(${child.pid}\\)$`, "m"));
  });

  test("the table has the same listeners as ss", async () => {
    // Other tests open and close listeners meanwhile.
    const sorted = (lines: string[]) => lines.toSorted((one, other) => (one < other ? -1 : 1));
    const both = async () => {
      const ss = execFileSync("ss", ["-Hltn"], { encoding: "utf8" }).trim().split("\n");
      const { stdout } = await runProgram(["listeners"]);
      const ports = stdout
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.split(/\s+/)[0]?.split(":").at(-1) ?? "");
      return (
        JSON.stringify(sorted(ports)) ===
        JSON.stringify(sorted(ss.map((line) => line.split(/\s+/)[3]?.split(":").at(-1) ?? "")))
      );
    };
    await listen(createServer());
    await expect.poll(both, { timeout: 30_000 }).toBe(true);
  });

  test("a process chooses its name, and can't change the terminal with it", async () => {
    const name = 'require("fs").writeFileSync("/proc/self/comm", "\\x1b[2J\\x9b1m\\u202e\\n\\x07x");';
    const { child, port } = await startServer(`${name}${LISTEN} // a secret of the command line`);
    const { stdout } = await runProgram(["listeners"]);
    const line = stdout.split("\n").find((each) => each.includes(`:${port} `));
    expect(line).toContain(` (${child.pid})`);
    expect(line).toMatch(/^[ -~]*$/);
    expect(stdout).not.toContain("secret");
    const listener = await listenerOf(port);
    expect(listener?.owners).toEqual([
      { pid: child.pid, comm: expect.stringMatching(/^\?\[2J[ -~\ufffd]*$/) as string },
    ]);
  });

  test.skipIf(lacks("root", "setpriv"))("another user sees the owner's id, and no process", async () => {
    const port = portOf(await listen(createServer()));
    const before = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    const { status, stdout, stderr } = await runProgram(["listeners"], { before });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`^127\\.0\\.0\\.1:${port} .* uid 0$`, "m"));
    const { listeners } = await runJson<ListenersLine>(["listeners"], { before });
    expect(listeners.find(({ local }) => local.port === port)).toMatchObject({ uid: 0, owners: [] });
  });

  test.skipIf(lacks("root", "setpriv"))("a process of another user", async () => {
    const script = `process.setgid(65534); process.setuid(65534); ${LISTEN}`;
    const { child, port } = await startServer(script);
    expect(await listenerOf(port)).toMatchObject({ uid: 65534, owners: [{ pid: child.pid }] });
  });

  test("each of several processes is an owner", async () => {
    const script = `
      const server = require("net").createServer().listen(0, "127.0.0.1", () => {
        const stdio = ["pipe", "ignore", "inherit", server._handle.fd];
        // It ends when its input does.
        require("child_process").spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio });
        console.log(server.address().port);
      });`;
    const { child, port } = await startServer(script);
    const listener = (await listenerOf(port)) as ListenerLine;
    expect(listener.owners).toHaveLength(2);
    expect(listener.owners.map(({ pid }) => pid)).toContain(child.pid);
    const { stdout } = await runProgram(["listeners"]);
    expect(stdout).toMatch(new RegExp(`:${port} .* and 1 more$`, "m"));
  });

  test.skipIf(lacks("root", "unshare"))("without any listener", async () => {
    const before = ["unshare", "--net", "--"];
    expect(await runProgram(["listeners"], { before })).toEqual({
      status: 0,
      signal: null,
      stdout: "No TCP socket listens in this network namespace.\n",
      stderr: "",
    });
    expect(await runJson<ListenersLine>(["listeners"], { before })).toMatchObject({ listeners: [] });
  });
});
