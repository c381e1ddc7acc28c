// Sockets that are at the path already: which are stale and replaced, and which stay.
import { chmodSync, chownSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { listenUnix } from "sockinfo/unix";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath, until } from "../../helpers/servers";
import { ask } from "../helpers/ask";
import { accessOf, besides, leaveSocket, stateOf } from "../helpers/files";
import { startDaemon, stop, STRANGER } from "../helpers/processes";

const inUse = (detail: string) => ({
  code: "EADDRINUSE",
  syscall: "bind",
  message: expect.stringContaining(detail),
});

/** A path in a folder that every user may write to. */
function openPath(): string {
  const path = socketPath();
  chmodSync(dirname(path), 0o777);
  return path;
}

/** listenUnix() is refused. The socket has not changed, and no other file is in the folder. */
async function leavesAlone(path: string, detail: string): Promise<void> {
  const before = stateOf(path);
  await expect(listenUnix(createServer(), path)).rejects.toMatchObject(inUse(detail));
  expect(stateOf(path)).toEqual(before);
  expect(besides(path)).toEqual(["socket"]);
}

test("the socket of a daemon that was killed is replaced", async () => {
  const path = socketPath();
  const daemon = startDaemon({ where: path });
  await daemon.next();
  daemon.kill("SIGKILL");
  expect(await daemon.ended).toEqual([null, "SIGKILL"]);
  expect(await ask(path)).toBe("ECONNREFUSED");
  const next = startDaemon({ where: path });
  const { pid } = await next.next();
  expect(await ask(path)).toBe(String(pid));
  expect(besides(path)).toEqual(["socket"]);
});

test("the socket of a running daemon stays, and the daemon still answers", async () => {
  const path = socketPath();
  const { pid } = await startDaemon({ where: path }).next();
  await leavesAlone(path, `${path}: a process listens there`);
  expect(await ask(path)).toBe(String(pid));
});

test("a daemon that greets its clients sees one that connects and closes, and no error", async () => {
  const path = socketPath();
  const seen = new Map<string, number>();
  const count = (event: string) => void seen.set(event, (seen.get(event) ?? 0) + 1);
  const server = createServer((socket) => {
    count("connection");
    socket.on("error", ({ code }: NodeJS.ErrnoException) => count(`error ${code}`)).once("close", () => count("close"));
    socket.write("hello");
  });
  await listenUnix(server, path);
  onTestFinished(() => void server.close());
  for (let round = 0; round < 50; round++) {
    await expect(listenUnix(createServer(), path)).rejects.toMatchObject(inUse("a process listens there"));
  }
  await until(() => seen.get("close") === 50);
  expect(Object.fromEntries(seen)).toEqual({ connection: 50, close: 50 });
});

test("the socket of this same process stays", async () => {
  const path = socketPath();
  const server = await listenUnix(createServer(), path);
  onTestFinished(() => void server.close());
  await leavesAlone(path, "a process listens there");
});

test.skipIf(lacks("linux"))("the socket of a stopped daemon, whose queue is full, stays", async () => {
  const path = socketPath();
  const daemon = startDaemon({ where: path, options: { backlog: 1 } });
  const { pid } = await daemon.next();
  await stop(daemon, pid);
  const waiting = [ask(path), ask(path)];
  expect(await ask(path)).toBe("EAGAIN");
  await leavesAlone(path, "EAGAIN");
  daemon.kill("SIGCONT");
  expect(await Promise.all(waiting)).toEqual([String(pid), String(pid)]);
  expect(await ask(path)).toBe(String(pid));
});

describe.skipIf(lacks("root"))("a socket of another user", () => {
  test("stays if it is stale", async () => {
    const path = openPath();
    leaveSocket(path);
    chownSync(path, STRANGER.uid, STRANGER.gid);
    await leavesAlone(
      path,
      "no process listens on the socket there, but it belongs to user 1234. Remove it as that user",
    );
  });

  test("is replaced if it is stale and the new one is to belong to that user", async () => {
    const path = socketPath();
    const options = { owner: STRANGER.uid, mode: 0o640 };
    const killed = startDaemon({ where: path, options });
    await killed.next();
    killed.kill("SIGKILL");
    await killed.ended;
    await leavesAlone(path, "belongs to user 1234");
    const { pid } = await startDaemon({ where: path, options }).next();
    expect(await ask(path)).toBe(String(pid));
    expect(accessOf(path)).toBe("1234:0 640");
  });

  test("is replaced by that user if it is stale", async () => {
    const path = openPath();
    leaveSocket(path);
    chownSync(path, STRANGER.uid, STRANGER.gid);
    const { address } = await startDaemon({ where: path, as: STRANGER }).next();
    expect(address).toBe(path);
  });

  test.each([
    ["root", { uid: 0, gid: 0 }, "a process listens there"],
    ["a user who may not connect", { uid: 2345, gid: 2345 }, "a process may be listening there (connect EACCES)"],
  ])("stays while its daemon runs, if the new daemon is %s", async (_, as, detail) => {
    const path = openPath();
    const { pid } = await startDaemon({ where: path, as: STRANGER }).next();
    const before = stateOf(path);
    expect(await startDaemon({ where: path, as }).next()).toMatchObject(inUse(detail));
    expect(stateOf(path)).toEqual(before);
    expect(besides(path)).toEqual(["socket"]);
    expect(await ask(path)).toBe(String(pid));
  });

  test.skipIf(lacks("unshare"))("the socket of a daemon in another network namespace stays", async () => {
    const path = socketPath();
    const { pid } = await startDaemon({ where: path }, ["unshare", "--net"]).next();
    await leavesAlone(path, "a process listens there");
    expect(await ask(path)).toBe(String(pid));
  });
});
