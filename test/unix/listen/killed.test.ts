// kill -9 on the way to listening, at each system call: the next daemon listens all the same, and nothing else is left.
import { describe, expect, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath } from "../../helpers/servers";
import { ask } from "../helpers/ask";
import { accessOf, besides, leaveSocket } from "../helpers/files";
import { startDaemon, STRANGER } from "../helpers/processes";
import { about, signalling, type Call } from "../helpers/strace";

/** With all that takes a call of its own. */
const settings = (where: string) => ({
  where,
  umask: 0o077,
  options: { mode: 0o666, owner: STRANGER.uid, group: STRANGER.gid },
});

/** What is left of one that was killed before it did this, and that the next one comes through. */
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
    ["it opens the lock", "open", []],
    ["it takes the lock away, when it listens already", "unlink", ["socket", "socket.lock"]],
  ])("%s", async (_, call, left) => {
    const path = socketPath();
    expect(await killedBefore(path, [...signalling("KILL", call), ...about(`${path}.lock`)])).toEqual(left);
  });

  test("it opens the socket's file, to see to its mode", async () => {
    const path = socketPath();
    expect(await killedBefore(path, [...signalling("KILL", "open"), ...about(path)])).toEqual([
      "socket",
      "socket.lock",
    ]);
  });

  test("it takes a stale socket away", async () => {
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
