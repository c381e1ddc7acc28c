// dumpUnixSockets against ss, /proc and the descriptors of real sockets.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { fstatSync, mkdtempSync, rmSync, statSync, unlinkSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { getFd } from "sockinfo";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { UnixSocketRow } from "../../src/sock-diag/unix-socket-row";
import { core } from "../helpers/core";
import { lacks } from "../helpers/needs";
import { binding, countDiagSockets, orThrow } from "./helpers";

const dump = async (): Promise<readonly UnixSocketRow[]> => {
  const { sockets, isTruncated, isInterrupted } = orThrow(await core.dumpUnixSockets());
  expect({ isTruncated, isInterrupted }).toEqual({ isTruncated: false, isInterrupted: false });
  return sockets;
};
const inodeOf = (source: Parameters<typeof getFd>[0]) => fstatSync(getFd(source)).ino;
const named = (rows: readonly UnixSocketRow[], name: string) =>
  rows.filter((row) => row.name !== undefined && Buffer.from(row.name).equals(Buffer.from(name)));

/** Binds sockets to names of any bytes, which not every Node can. */
const NAMES = `
listeners = [socket.socket(socket.AF_UNIX) for _ in sys.argv[1:]]
for listener, name in zip(listeners, sys.argv[1:]):
    listener.bind(bytes.fromhex(name))
    listener.listen()
print("ready", flush=True)
`;

/** Never accepts. */
const WAITING = `
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(7)
clients = [socket.socket(socket.AF_UNIX) for _ in range(3)]
for client in clients: client.connect(sys.argv[1])
print(" ".join(str(os.fstat(client.fileno()).st_ino) for client in clients), flush=True)
`;

/** Runs until the end of the test. Returns the line that the script prints. */
async function runPython(script: string, ...parameters: string[]): Promise<string> {
  const program = ["-uc", `import os, socket, sys${script}sys.stdin.read()`, ...parameters];
  const child = spawn("python3", program, { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return line;
}

describe.skipIf(lacks("linux"))("Unix sockets", () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "sockinfo-unix-"))));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function listenAt(path: string, onConnection: (socket: Socket) => void = () => {}): Promise<Server> {
    const server = createServer(onConnection).listen(path);
    await once(server, "listening");
    onTestFinished(() => void server.close());
    return server;
  }

  async function connectTo(path: string): Promise<Socket> {
    const client = createConnection(path);
    await once(client, "connect");
    onTestFinished(() => void client.destroy());
    return client;
  }

  test("have the inodes of both ends, the name, the file and the owner", async () => {
    const path = join(folder, "plain");
    const accepted: Socket[] = [];
    const server = await listenAt(path, (socket) => accepted.push(socket));
    const client = await connectTo(path);
    while (accepted.length === 0) await new Promise(setImmediate);
    const rows = await dump();
    const [mine] = accepted as [Socket];
    const { ino, dev } = statSync(path);
    const file = { inode: ino, deviceMajor: dev >> 8, deviceMinor: dev & 0xff };
    const uid = process.getuid?.();
    expect(rows.find(({ inode }) => inode === inodeOf(client))).toEqual({
      type: "STREAM",
      state: "ESTABLISHED",
      name: undefined,
      inode: inodeOf(client),
      cookie: orThrow(core.readCookie(binding, getFd(client))),
      peerInode: inodeOf(mine),
      uid,
      file: undefined,
      acceptQueueLength: undefined,
      acceptQueueLimit: undefined,
    });
    expect(named(rows, path).toSorted((one, other) => String(one.state).localeCompare(String(other.state)))).toEqual([
      expect.objectContaining({ state: "ESTABLISHED", peerInode: inodeOf(client), inode: inodeOf(mine), uid, file }),
      expect.objectContaining({ state: "LISTEN", peerInode: undefined, inode: inodeOf(server), uid, file }),
    ]);
    unlinkSync(path);
    expect(named(await dump(), path)).toHaveLength(2);
  });

  test.skipIf(lacks("python"))("that wait to be accepted have a row with the client's inode", async () => {
    const path = join(folder, "waiting");
    const inodes = (await runPython(WAITING, path)).split(" ").map(Number);
    const rows = named(await dump(), path);
    expect(rows.find(({ state }) => state === "LISTEN")).toMatchObject({ acceptQueueLength: 3, acceptQueueLimit: 7 });
    const waiting = rows.filter(({ state }) => state === "ESTABLISHED");
    expect(new Set(waiting.map(({ peerInode }) => peerInode))).toEqual(new Set(inodes));
    expect(waiting).toHaveLength(3);
    for (const row of waiting) expect(row).toMatchObject({ inode: undefined, cookie: undefined, uid: undefined });
  });

  test.skipIf(lacks("python"))("may have names of any bytes, and abstract ones", async () => {
    const names = ["\0sockinfo \x1b[31mred\0\n", `\0${"x".repeat(107)}`, join(folder, "\x1b]0;title\x07\n")];
    await runPython(NAMES, ...names.map((name) => Buffer.from(name).toString("hex")));
    const rows = await dump();
    for (const name of names) expect(named(rows, name).map(({ state }) => state)).toEqual(["LISTEN"]);
    expect(named(rows, names[0] as string)[0]?.file).toBeUndefined();
  });

  test.skipIf(lacks("ss"))("are those of ss", async () => {
    await listenAt(join(folder, "counted"));
    const listed = () =>
      execFileSync("ss", ["-xaH"], { encoding: "latin1", maxBuffer: 1 << 26 })
        .split("\n")
        .map((line) => / (\d+) +\* (\d+) *$/.exec(line))
        .filter((match) => match !== null)
        .map((match) => `${match[1]} ${match[2]}`);
    const mine = async () =>
      (await dump())
        .filter(({ inode }) => inode !== undefined)
        .map(({ inode, peerInode }) => `${inode} ${peerInode ?? 0}`);
    // Processes open and close sockets meanwhile, ss itself included. So what is in both of ours must be in the list of
    // ss between them, and the other way round.
    const [one, ss, other, ssAgain] = [await mine(), listed(), await mine(), listed()];
    const both = (some: readonly string[], more: readonly string[]) => some.filter((each) => more.includes(each));
    expect(both(one, other).length).toBeGreaterThan(1);
    expect(ss).toEqual(expect.arrayContaining(both(one, other)));
    expect(other).toEqual(expect.arrayContaining(both(ss, ssAgain)));
  });

  test("leave no descriptor behind", async () => {
    const before = countDiagSockets();
    await Promise.all(Array.from({ length: 20 }, dump));
    expect(countDiagSockets()).toBe(before);
  });

  test("wrong arguments of the native function are refused", async () => {
    const { EFAULT } = (await import("node:os")).constants.errno;
    for (const callback of [undefined, null, {}, 1])
      expect(binding.dumpUnixSockets(1, callback as never)).toBe(-EFAULT);
    const one = await new Promise((resolve) => binding.dumpUnixSockets(1, resolve));
    expect(one).toMatchObject({ isTruncated: true, rows: { byteLength: 152 } });
    const none = await new Promise((resolve) => binding.dumpUnixSockets("1" as never, resolve));
    expect(none).toMatchObject({ isTruncated: true, rows: { byteLength: 0 } });
  });
});
