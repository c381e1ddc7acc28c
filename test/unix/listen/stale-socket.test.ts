// Sockets that are there already: which are left over and replaced, and which are not to be touched.
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

/** A path in a folder that everybody may write to. */
function openPath(): string {
  const path = socketPath();
  chmodSync(dirname(path), 0o777);
  return path;
}

/** Nothing has changed, and nothing has come to lie beside it. */
async function leavesAlone(path: string, detail: string): Promise<void> {
  const before = stateOf(path);
  await expect(listenUnix(createServer(), path)).rejects.toMatchObject(inUse(detail));
  expect(stateOf(path)).toEqual(before);
  expect(besides(path)).toEqual(["socket"]);
}

test("what kill -9 has left is replaced", async () => {
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

test("one that somebody answers on stays, and goes on to be answered", async () => {
  const path = socketPath();
  const { pid } = await startDaemon({ where: path }).next();
  await leavesAlone(path, `${path}: a process listens there`);
  expect(await ask(path)).toBe(String(pid));
});

test("a daemon that greets whoever comes sees nothing but a client that goes in peace", async () => {
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

test("one of this very process stays, too", async () => {
  const path = socketPath();
  const server = await listenUnix(createServer(), path);
  onTestFinished(() => void server.close());
  await leavesAlone(path, "a process listens there");
});

test.skipIf(lacks("linux"))("one whose daemon accepts nobody, its queue full, stays", async () => {
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

describe.skipIf(lacks("root"))("of another user", () => {
  test("one that is left over stays", async () => {
    const path = openPath();
    leaveSocket(path);
    chownSync(path, STRANGER.uid, STRANGER.gid);
    await leavesAlone(
      path,
      "no process listens on the socket there, but it belongs to user 1234, and is not ours to remove",
    );
  });

  test("it is replaced where the new one is to be that user's, too", async () => {
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

  test("their own is replaced by themselves", async () => {
    const path = openPath();
    leaveSocket(path);
    chownSync(path, STRANGER.uid, STRANGER.gid);
    const { address } = await startDaemon({ where: path, as: STRANGER }).next();
    expect(address).toBe(path);
  });

  test.each([
    ["root", { uid: 0, gid: 0 }, "a process listens there"],
    ["somebody who may not connect", { uid: 2345, gid: 2345 }, "a process may be listening there (connect EACCES)"],
  ])("a living daemon's socket stays, as %s sees it", async (_, as, detail) => {
    const path = openPath();
    const { pid } = await startDaemon({ where: path, as: STRANGER }).next();
    const before = stateOf(path);
    expect(await startDaemon({ where: path, as }).next()).toMatchObject(inUse(detail));
    expect(stateOf(path)).toEqual(before);
    expect(besides(path)).toEqual(["socket"]);
    expect(await ask(path)).toBe(String(pid));
  });

  test.skipIf(lacks("unshare"))("a daemon in another network namespace is a living one", async () => {
    const path = socketPath();
    const { pid } = await startDaemon({ where: path }, ["unshare", "--net"]).next();
    await leavesAlone(path, "a process listens there");
    expect(await ask(path)).toBe(String(pid));
  });
});
