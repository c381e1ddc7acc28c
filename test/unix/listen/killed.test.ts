// kill -9 at each system call of listenUnix(): the next daemon listens all the same, and only its socket is left.
import { describe, expect, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath } from "../../helpers/servers";
import { ask } from "../helpers/ask";
import { accessOf, besides, leaveSocket } from "../helpers/files";
import { startDaemon, STRANGER } from "../helpers/processes";
import { about, signalling, type Call } from "../helpers/strace";

/** Needs every system call. */
const settings = (where: string) => ({
  where,
  umask: 0o077,
  options: { mode: 0o666, owner: STRANGER.uid, group: STRANGER.gid },
});

/** Kills a daemon, starts the next one, and returns the files that the first one left. */
async function killedBefore(path: string, through: readonly string[]): Promise<string[]> {
  const killed = startDaemon(settings(path), through);
  expect(await killed.ended).toEqual([null, "SIGKILL"]);
  const left = besides(path);
  const { pid, address } = await startDaemon(settings(path)).next();
  expect(address).toBe(path);
  expect(await ask(path)).toBe(String(pid));
  expect(accessOf(path)).toBe(`${STRANGER.uid}:${STRANGER.gid} 666`);
  expect(besides(path)).toEqual(["socket"]);
  return left;
}

describe.skipIf(lacks("root", "strace"))("killed before", () => {
  test.each<[Call, string[]]>([
    ["flock", ["socket.lock"]],
    ["socket", ["socket.lock"]],
    ["fchmod", ["socket.lock"]],
    ["bind", ["socket.lock"]],
    ["chown", ["socket", "socket.lock"]],
    ["chmod", ["socket", "socket.lock"]],
    ["listen", ["socket", "socket.lock"]],
  ])("%s", async (call, left) => {
    expect(await killedBefore(socketPath(), signalling("KILL", call))).toEqual(left);
  });

  test.each<[string, Call, string[]]>([
    ["the lock file is opened", "open", []],
    ["the lock file is removed, when the daemon listens already", "unlink", ["socket", "socket.lock"]],
  ])("%s", async (_, call, left) => {
    const path = socketPath();
    expect(await killedBefore(path, [...signalling("KILL", call), ...about(`${path}.lock`)])).toEqual(left);
  });

  test("the socket's file is opened, to set its mode", async () => {
    const path = socketPath();
    expect(await killedBefore(path, [...signalling("KILL", "open"), ...about(path)])).toEqual([
      "socket",
      "socket.lock",
    ]);
  });

  test("a stale socket is removed", async () => {
    const path = socketPath();
    leaveSocket(path);
    const left = await killedBefore(path, [...signalling("KILL", "unlink"), ...about(path)]);
    expect(left).toEqual(["socket", "socket.lock"]);
  });
});

test("killed again and again, each time while it listens", async () => {
  const path = socketPath();
  for (let round = 0; round < 5; round++) {
    const daemon = startDaemon({ where: path });
    const { pid } = await daemon.next();
    expect(await ask(path)).toBe(String(pid));
    daemon.kill("SIGKILL");
    await daemon.ended;
    expect(besides(path)).toEqual(["socket"]);
  }
});
