// getPeerCredentials against the ids that /proc has of real processes.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync } from "node:fs";
import http from "node:http";
import { createConnection, createServer, type Socket } from "node:net";
import { getPeerCredentials, type PeerCredentials } from "sockinfo";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { connectPair, listen, socketPath } from "../helpers/servers";

const self = () => ({ uid: process.geteuid?.(), gid: process.getegid?.(), pid: process.pid });

/**
 * Runs `script` in another Node, which `command` starts. It is passed as text, because other users can't read our
 * files.
 */
function run(command: string[], script: string): ChildProcess {
  const [file, ...parameters] = [...command, process.execPath, "-e", script];
  const child = spawn(file, parameters, { stdio: ["ignore", "pipe", "inherit"], cwd: "/" });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

const connectTo = (path: string) => `require("net").connect(${JSON.stringify(path)}).resume()`;

/** A child that connects to a new server, and what the server knows about it. */
async function acceptFrom(
  command: string[],
): Promise<{ child: ChildProcess; credentials: PeerCredentials; socket: Socket }> {
  const path = socketPath();
  const server = await listen(createServer(), { path });
  chmodSync(path, 0o777);
  const child = run(command, connectTo(path));
  const [socket] = (await once(server, "connection")) as [Socket];
  return { child, socket, credentials: getPeerCredentials(socket) };
}

/** The ids that /proc gives for a process. */
function idsOf(pid: number): PeerCredentials {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const numbers = (name: string) =>
    (new RegExp(`^${name}:(.*)$`, "m").exec(status)?.[1] ?? "").trim().split(/\s+/).filter(Boolean).map(Number);
  return { pid, uid: numbers("Uid")[1] ?? -1, gid: numbers("Gid")[1] ?? -1, groups: numbers("Groups") };
}

describe("of this very process", () => {
  test("both ends return our ids", async () => {
    const { client, accepted } = await connectPair({ path: socketPath() });
    expect(getPeerCredentials(accepted)).toMatchObject(self());
    expect(getPeerCredentials(client)).toMatchObject(self());
  });

  test.skipIf(lacks("linux"))("groups are the supplementary ones", async () => {
    const { accepted } = await connectPair({ path: socketPath() });
    expect(getPeerCredentials(accepted)).toEqual(idsOf(process.pid));
  });

  test("in an HTTP handler, from the request and from the response", async () => {
    const path = socketPath();
    const server = await listen(
      http.createServer((req, res) => res.end(JSON.stringify([getPeerCredentials(req), getPeerCredentials(res)]))),
      { path },
    );
    expect(server.listening).toBe(true);
    const [response] = (await once(http.get({ socketPath: path }), "response")) as [http.IncomingMessage];
    const [[text]] = (await Promise.all([once(response.setEncoding("utf8"), "data"), once(response, "end")])) as [
      [string],
      unknown,
    ];
    expect(JSON.parse(text)).toEqual([expect.objectContaining(self()), expect.objectContaining(self())]);
  });

  test("the result is frozen, and each call returns the same object", async () => {
    const { client, accepted } = await connectPair({ path: socketPath() });
    const first = getPeerCredentials(accepted);
    expect(getPeerCredentials(accepted)).toBe(first);
    expect(getPeerCredentials(client)).not.toBe(first);
    expect(Object.isFrozen(first) && Object.isFrozen(first.groups ?? [])).toBe(true);
  });

  test("the result is available after the peer has closed", async () => {
    const { client, accepted } = await connectPair({ path: socketPath() });
    client.destroy();
    await once(client, "close");
    expect(getPeerCredentials(accepted)).toMatchObject({ uid: self().uid, gid: self().gid });
  });
});

describe.skipIf(lacks("root", "setpriv"))("of another user's process", () => {
  const asOther = ["setpriv", "--reuid", "1234", "--regid", "2345"];

  test("a client: uid, gid and pid, and uid is not gid", async () => {
    const { child, credentials } = await acceptFrom([...asOther, "--clear-groups"]);
    expect(credentials).toEqual({ uid: 1234, gid: 2345, pid: child.pid, groups: [] });
    expect(credentials).toEqual(idsOf(child.pid as number));
  });

  test("a client with supplementary groups", async () => {
    const { child, credentials } = await acceptFrom([...asOther, "--groups", "7,70,70000"]);
    expect(credentials.groups?.toSorted((a, b) => a - b)).toEqual([7, 70, 70_000]);
    expect(credentials).toEqual(idsOf(child.pid as number));
  });

  // The buffer holds 123 groups.
  test.each([123, 124, 1000])("a client with %i groups", async (length) => {
    const groups = Array.from({ length }, (_, index) => index + 5000);
    const { credentials } = await acceptFrom([...asOther, "--groups", groups.join(",")]);
    expect(credentials.groups?.toSorted((a, b) => a - b)).toEqual(groups);
  });

  test("a server, from its client: the process that called listen()", async () => {
    const path = socketPath();
    chmodSync(path.slice(0, -"/socket".length), 0o777);
    const child = run(
      [...asOther, "--clear-groups"],
      `require("net").createServer().listen(${JSON.stringify(path)}, () => console.log("up"))`,
    );
    await once(child.stdout as NodeJS.ReadableStream, "data");
    const client = createConnection(path);
    onTestFinished(() => void client.destroy());
    await once(client, "connect");
    expect(getPeerCredentials(client)).toMatchObject({ uid: 1234, gid: 2345, pid: child.pid });
  });

  test("the ids are those at connect(), even if the process changes its own later", async () => {
    const path = socketPath();
    const server = await listen(createServer(), { path });
    const child = run(
      ["env"],
      `${connectTo(path)}.on("connect", () => { process.setgid(2345); process.setuid(1234); console.log("dropped") })`,
    );
    const [[socket]] = (await Promise.all([
      once(server, "connection"),
      once(child.stdout as NodeJS.ReadableStream, "data"),
    ])) as [[Socket], unknown];
    expect(idsOf(child.pid as number)).toMatchObject({ uid: 1234, gid: 2345 });
    expect(getPeerCredentials(socket)).toMatchObject({ uid: 0, gid: 0, pid: child.pid });
  });
});

describe.skipIf(lacks("root", "unshare"))("of a process in another namespace", () => {
  test("a pid namespace below ours: all ids", async () => {
    const { credentials } = await acceptFrom(["unshare", "--pid", "--fork", "--kill-child", "env"]);
    // Processes in a namespace below ours have a pid in ours.
    expect(credentials.pid).toBeGreaterThan(0);
    expect(credentials).toMatchObject({ uid: 0, gid: 0 });
  });

  test("seen from inside a pid namespace, a peer outside has no pid", async () => {
    const path = socketPath();
    const server = await listen(createServer(), { path });
    expect(server.listening).toBe(true);
    const script = `
      const { getPeerCredentials } = require(${JSON.stringify(require.resolve("sockinfo"))});
      const socket = require("net").connect(${JSON.stringify(path)}, () => {
        console.log(JSON.stringify([process.pid, getPeerCredentials(socket), Object.keys(getPeerCredentials(socket))]));
        process.exit();
      });`;
    const child = run(["unshare", "--pid", "--fork", "--kill-child"], script);
    const [line] = (await once((child.stdout as NodeJS.ReadableStream).setEncoding("utf8"), "data")) as [string];
    const [pid, credentials, keys] = JSON.parse(line);
    expect(pid).toBe(1);
    expect(credentials).toEqual({ uid: 0, gid: 0, groups: expect.any(Array) });
    expect(keys).toContain("pid");
  });

  test("a user namespace without a mapping: the overflow id", async () => {
    const path = socketPath();
    const server = await listen(createServer(), { path });
    expect(server.listening).toBe(true);
    const script = `
      const { getPeerCredentials } = require(${JSON.stringify(require.resolve("sockinfo"))});
      const socket = require("net").connect(${JSON.stringify(path)}, () => {
        console.log(JSON.stringify(getPeerCredentials(socket)));
        process.exit();
      });`;
    const child = run(["unshare", "--user"], script);
    const [line] = (await once((child.stdout as NodeJS.ReadableStream).setEncoding("utf8"), "data")) as [string];
    expect(JSON.parse(line)).toMatchObject({ uid: 65_534, gid: 65_534 });
  });
});
