// sockinfo unix-peers: clients of real servers, of several users, with hostile names, against ss and /proc.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { runJson, runProgram } from "../helpers/program";

interface Owner {
  readonly pid: number;
  readonly comm: string;
}

interface PeersLine {
  readonly name: string;
  readonly servers: readonly { readonly type: string; readonly uid: number; readonly owners: readonly Owner[] }[];
  readonly clients: readonly {
    readonly uid?: number;
    readonly userName?: string;
    readonly inode: number;
    readonly state: string;
    readonly owners: readonly Owner[];
  }[];
}

const peersOf = (name: string) => runJson<PeersLine>(["unix-peers", name]);

/** Sets its name, opens a socket by `sys.argv[2:]`, prints its inode, and waits. */
const PYTHON = `
import ctypes, os, socket, sys
ctypes.CDLL(None).prctl(15, bytes.fromhex(sys.argv[1]), 0, 0, 0)
kind, action, address = sys.argv[2:]
name = bytes.fromhex(address)
sock = socket.socket(socket.AF_UNIX, getattr(socket, "SOCK_" + kind))
if action == "serve":
    sock.bind(name)
    if kind != "DGRAM": sock.listen(4)
    if name[0] != 0: os.chmod(name, 0o777)
else:
    sock.connect(name)
print(os.fstat(sock.fileno()).st_ino, flush=True)
sys.stdin.read()
`;

/** The same for a client of another user, who may not be able to run python3. */
const NODE = `
process.title = process.argv[1];
const socket = require("node:net").connect(process.argv[2], () => {
  console.log(require("node:fs").fstatSync(socket._handle.fd).ino);
  process.stdin.resume();
});
`;

interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly inode: number;
}

async function start(
  [kind, action, name]: readonly ["STREAM" | "DGRAM" | "SEQPACKET", "serve" | "connect", string],
  comm = "python",
): Promise<Started> {
  const hex = (text: string) => Buffer.from(text).toString("hex");
  return run("python3", "-c", PYTHON, hex(comm), kind, action, hex(name));
}

const connectAs = (uid: number, path: string, comm: string, before: readonly string[] = []) =>
  run(...before, ...as(uid), process.execPath, "-e", NODE, comm, path);

async function run(command = "", ...rest: readonly string[]): Promise<Started> {
  const child = spawn(command, rest, { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return { child, pid: child.pid as number, inode: Number(line) };
}

const as = (uid: number) => ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "--"];

/** What may reach a terminal. */
const isHarmless = (text: string) => !/[\p{Cc}\p{Cf}]/u.test(text.replaceAll("\n", ""));

describe.skipIf(lacks("linux", "python"))("sockinfo unix-peers", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sockinfo-peers-"));
    chmodSync(folder, 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("a client that a Node server has accepted, and one that waits at another server", async () => {
    const path = join(folder, "node");
    const server = createServer().listen(path);
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const own = connect(path);
    onTestFinished(() => void own.destroy());
    await once(own, "connect");
    const { pid, inode } = await start(["STREAM", "connect", path]);
    await expect
      .poll(async () => (await peersOf(path)).clients.map(({ state }) => state))
      .toEqual(["accepted", "accepted"]);
    const { servers, clients, name } = await peersOf(path);
    expect(name).toBe(path);
    expect(servers).toMatchObject([{ type: "STREAM", owners: [{ pid: process.pid }] }]);
    const { uid, username: userName } = userInfo();
    expect(clients.find((client) => client.inode === inode)).toEqual({
      uid,
      userName,
      inode,
      state: "accepted",
      owners: [{ pid, comm: "python" }],
    });
    expect(clients.find((client) => client.inode !== inode)?.owners).toMatchObject([{ pid: process.pid }]);

    const waiting = join(folder, "waiting");
    await start(["STREAM", "serve", waiting]);
    const client = await start(["STREAM", "connect", waiting]);
    expect((await peersOf(waiting)).clients).toMatchObject([
      { inode: client.inode, state: "waiting", uid, owners: [{ pid: client.pid }] },
    ]);
  });

  test.each(["DGRAM", "SEQPACKET"] as const)("clients of a socket of type %s, with an abstract name", async (kind) => {
    const name = `sockinfo-${process.pid}-${kind}`;
    const server = await start([kind, "serve", `\0${name}`]);
    const client = await start([kind, "connect", `\0${name}`]);
    const { servers, clients } = await peersOf(`@${name}`);
    expect(servers).toMatchObject([{ type: kind, owners: [{ pid: server.pid }] }]);
    const state = kind === "DGRAM" ? "connected" : "waiting";
    expect(clients).toMatchObject([{ inode: client.inode, state, owners: [{ pid: client.pid }] }]);
    expect((await runProgram(["unix-peers", `@${name}x`])).status).toBe(1);
    expect((await runProgram(["unix-peers", `@${name.slice(0, -1)}`])).status).toBe(1);
  });

  test("an abstract name that fills sun_path is found without its zeros", async () => {
    const name = `sockinfo-${process.pid}-padded`;
    const { pid } = await start(["STREAM", "serve", `\0${name}`.padEnd(108, "\0")]);
    expect((await peersOf(`@${name}`)).servers).toMatchObject([{ owners: [{ pid }] }]);
  });

  test("names of sockets and processes can't change the terminal", async () => {
    const path = join(folder, "\x1b]0;title\x07\u202e\n");
    await start(["STREAM", "serve", path], "\x1b[2J\x9b\nserver");
    await start(["STREAM", "connect", path], "\x1b[31mevil");
    const { status, stdout, stderr } = await runProgram(["unix-peers", path]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(isHarmless(stdout)).toBe(true);
    expect(stdout).toContain("?[31mevil (");
    expect(stdout.split("\n")).toHaveLength(5);
    const { clients } = await peersOf(path);
    expect(clients[0]?.owners[0]?.comm).toBe("?[31mevil");
    const missing = await runProgram(["unix-peers", `${path}\x1b[2J`]);
    expect(missing.status).toBe(1);
    expect(isHarmless(missing.stderr)).toBe(true);
  });

  test("the file counts, not the name: earlier servers of the path are not shown, and links lead to it", async () => {
    const path = join(folder, "replaced");
    await start(["STREAM", "serve", path]);
    await start(["STREAM", "connect", path]);
    renameSync(path, `${path}-old`);
    const { pid } = await start(["STREAM", "serve", path]);
    expect(await peersOf(path)).toMatchObject({ servers: [{ owners: [{ pid }] }], clients: [] });
    expect((await peersOf(`${path}-old`)).clients).toHaveLength(1);
    symlinkSync("replaced-old", `${path}-link`);
    expect((await peersOf(`${path}-link`)).clients).toHaveLength(1);
    const { stdout } = await runProgram(["unix-peers", path]);
    expect(stdout).toBe(`${path}  served by python (${pid})\n\nNo client is connected.\n`);
    // Without a file, the name decides.
    rmSync(path);
    expect((await peersOf(path)).servers).toHaveLength(2);
  });

  test("what is not bound, and what is no socket, is refused", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    expect(await runProgram(["unix-peers", join(folder, "nothing")])).toMatchObject({ status: 1, stdout: "" });
    const noSocket = await runProgram(["unix-peers", file]);
    expect(noSocket).toMatchObject({ status: 2, stdout: "" });
    expect(noSocket.stderr).toMatch(/^sockinfo: ".*" is no Unix socket\nUsage: sockinfo unix-peers /);
    for (const operand of ["", "@"]) expect((await runProgram(["unix-peers", operand])).status).toBe(2);
  });

  describe.skipIf(lacks("root", "setpriv"))("with several users", () => {
    test("root sees the processes of all, and others see their own", async () => {
      const path = join(folder, "users");
      await start(["STREAM", "serve", path]);
      const nobody = await connectAs(65_534, path, "theirs");
      const daemon = await connectAs(1, path, "daemon's");
      const byUid = (line: PeersLine) => Object.fromEntries(line.clients.map((client) => [client.uid, client]));
      const seen = byUid(await peersOf(path));
      expect(seen[65_534]).toMatchObject({ userName: "nobody", owners: [{ pid: nobody.pid, comm: "theirs" }] });
      expect(seen[1]).toMatchObject({ userName: "daemon", owners: [{ pid: daemon.pid, comm: "daemon's" }] });

      const own = byUid(await runJson<PeersLine>(["unix-peers", path], { before: as(65_534) }));
      expect(own[1]).toMatchObject({ userName: "daemon", owners: [] });
      expect(own[65_534]).toMatchObject({ userName: "nobody", owners: [{ pid: nobody.pid }] });
      const { stdout } = await runProgram(["unix-peers", path], { before: as(65_534) });
      expect(stdout).toContain("served by uid 0\n");
      expect(stdout).toContain("1 of 2 processes can't be seen: only their user and root may.\n");
      expect(stdout).not.toContain("daemon's");
    });

    test.skipIf(lacks("unshare"))("a client in another network namespace has the user of its process", async () => {
      const path = join(folder, "namespace");
      await start(["STREAM", "serve", path]);
      const client = await connectAs(65_534, path, "elsewhere", ["unshare", "--net"]);
      expect((await peersOf(path)).clients).toMatchObject([
        { uid: 65_534, userName: "nobody", inode: client.inode, owners: [{ pid: client.pid }] },
      ]);
    });
  });

  test.skipIf(lacks("ss"))("the processes are those of ss", async () => {
    const path = join(folder, "compared");
    await start(["STREAM", "serve", path]);
    const clients = [await start(["STREAM", "connect", path]), await start(["STREAM", "connect", path])];
    const ss = execFileSync("ss", ["-xpH"], { encoding: "latin1", maxBuffer: 1 << 26 }).split("\n");
    const pidOf = (inode: number) => /pid=(\d+)/.exec(ss.find((line) => line.includes(` ${inode} `)) ?? "")?.[1];
    const seen = (await peersOf(path)).clients.map(({ inode, owners }) => [inode, owners[0]?.pid]);
    expect(new Map(seen as [number, number][])).toEqual(
      new Map(clients.map(({ inode }) => [inode, Number(pidOf(inode))])),
    );
  });
});
