// <path>.lock: one daemon at a time removes a stale socket, binds and listens, however slow it is. A file that
// another user owns or can open is refused at once, and stays.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import pauses from "node:timers/promises";
import { dirname, join } from "node:path";
import { listenUnix } from "sockinfo/unix";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath, until } from "../../helpers/servers";
import { ask } from "../helpers/ask";
import { besides, descriptors, leaveSocket, openedSince, stateOf } from "../helpers/files";
import { startDaemon, STRANGER } from "../helpers/processes";
import { about, callsIn, delaying, signalling, tracing } from "../helpers/strace";

/** Makes a file with the lock's name. By default it is empty and for its owner only, as listenUnix() makes it. */
function leaveLock(path: string, { mode = 0o600, contents = "" } = {}): void {
  writeFileSync(`${path}.lock`, contents);
  chmodSync(`${path}.lock`, mode);
}

/** The pauses between two attempts to get the lock. */
function watchPauses() {
  const pause = vi.spyOn(pauses, "setTimeout");
  onTestFinished(() => pause.mockRestore());
  return pause;
}

/** listenUnix() refuses the file without waiting, by its name. It is unchanged, and so is the rest of the folder. */
async function staysAsItIs(path: string, detail: string): Promise<void> {
  const state = () => besides(path).map((name) => [name, stateOf(join(dirname(path), name))]);
  const before = state();
  const open = descriptors();
  const pause = watchPauses();
  await expect(listenUnix(createServer(), path)).rejects.toMatchObject({
    code: "EADDRINUSE",
    syscall: "bind",
    message: expect.stringContaining(`${path}.lock, the lock file of listenUnix(), can't be used: ${detail}`),
  });
  expect(pause).not.toHaveBeenCalled();
  expect(state()).toEqual(before);
  expect(openedSince(open)).toEqual([]);
}

describe("a file with the lock's name", () => {
  test("that was left is the lock of the next daemon", async () => {
    const path = socketPath();
    leaveLock(path);
    const server = await listenUnix(createServer(), path);
    onTestFinished(() => void server.close());
    expect(besides(path)).toEqual(["socket"]);
  });

  const target = (path: string) => join(dirname(path), "target");
  const link = (path: string) => symlinkSync(target(path), `${path}.lock`);

  test.each<[string, (path: string) => unknown, string]>([
    ["a link to a file", (path) => [writeFileSync(target(path), ""), link(path)], "it is a symbolic link"],
    ["a link to a file that does not exist", link, "it is a symbolic link"],
    ["a directory", (path) => mkdirSync(`${path}.lock`), "it is a directory"],
    ["a file with something in it", (path) => leaveLock(path, { contents: "4242\n" }), "it is not empty"],
    ["a FIFO", (path) => execFileSync("mkfifo", [`${path}.lock`]), "it is a FIFO"],
    ["a socket", (path) => leaveSocket(`${path}.lock`), "it is a socket"],
    ["one of two links", (path) => [leaveLock(path), linkSync(`${path}.lock`, target(path))], "it is one of 2 links"],
    [
      "open to other users, as flock(1) makes it",
      (path) => leaveLock(path, { mode: 0o644 }),
      "its mode 644 lets other",
    ],
    ["open to its group", (path) => leaveLock(path, { mode: 0o620 }), "its mode 620 lets other"],
  ])("that is %s stays, and is refused", async (_, put, detail) => {
    const path = socketPath();
    put(path);
    await staysAsItIs(path, detail);
  });
});

describe.skipIf(lacks("root", "setpriv"))("another user, in a folder that every user may write to,", () => {
  const asStranger = ["setpriv", "--reuid", "1234", "--regid", "2345", "--clear-groups"];

  function openPath(): string {
    const path = socketPath();
    chmodSync(dirname(path), 0o1777);
    return path;
  }

  /** A process of the stranger that holds the file until the test ends. */
  async function holding(file: string): Promise<void> {
    const child = spawn("setpriv", [...asStranger.slice(1), "flock", file, "sh", "-c", "echo && exec cat"]);
    onTestFinished(() => void child.stdin.destroy());
    await once(child.stdout, "data");
  }

  test("has made a file like our own lock: it is refused because of its owner", async () => {
    const path = openPath();
    leaveLock(path);
    chownSync(`${path}.lock`, 1234, 2345);
    await staysAsItIs(path, "it belongs to user 1234");
  });

  test("holds a lock file of their own: it is refused without waiting", async () => {
    const path = openPath();
    leaveLock(path, { mode: 0o644 });
    chownSync(`${path}.lock`, 1234, 2345);
    await holding(`${path}.lock`);
    await staysAsItIs(path, "it belongs to user 1234");
  });

  test("holds a file of ours that they can open: it is refused without waiting", async () => {
    const path = openPath();
    leaveLock(path, { mode: 0o644 });
    await holding(`${path}.lock`);
    await staysAsItIs(path, "its mode 644 lets other users hold it");
  });

  test("holds the folder itself: the daemon listens", async () => {
    const path = openPath();
    await holding(dirname(path));
    const server = await listenUnix(createServer(), path);
    onTestFinished(() => void server.close());
    expect(besides(path)).toEqual(["socket"]);
  });

  test.skipIf(lacks("strace"))("can neither hold nor remove the lock that is in use", async () => {
    const path = openPath();
    const daemon = startDaemon({ where: path }, signalling("STOP", "bind"));
    await until(() => daemon.stderr().includes("stopped by SIGSTOP"));
    for (const attempt of [`flock -n ${path}.lock true`, `flock -ns ${path}.lock true`, `rm -f ${path}.lock`]) {
      const { status, stderr } = spawnSync(asStranger[0] as string, [...asStranger.slice(1), "sh", "-c", attempt]);
      expect([status === 0, String(stderr)]).toEqual([false, expect.stringMatching(/denied|not permitted/)]);
    }
    daemon.kill("SIGCONT");
    expect(await daemon.next()).toMatchObject({ address: path });
    expect(besides(path)).toEqual(["socket"]);
  });
});

/**
 * Makes performance.now() run fifty times as fast, until the test ends. Returns how many of its milliseconds have
 * passed.
 */
function hurryClock(): () => number {
  const now = performance.now.bind(performance);
  const begin = now();
  const clock = vi.spyOn(performance, "now").mockImplementation(() => begin + 50 * (now() - begin));
  onTestFinished(() => clock.mockRestore());
  return () => performance.now() - begin;
}

describe.skipIf(lacks("strace"))("while another daemon is starting", () => {
  test("only one of them removes a stale socket, however long that takes", async () => {
    const path = socketPath();
    leaveSocket(path);
    const through = [...tracing("flock", "unlink"), ...delaying("unlink", 1000), ...about(path, `${path}.lock`)];
    const slow = startDaemon({ where: path }, through);
    await until(() => /LOCK_NB\)\s+= 0/.test(slow.stderr()));
    await expect(listenUnix(createServer(), path)).rejects.toMatchObject({ code: "EADDRINUSE" });
    const { pid, address } = await slow.next();
    expect(address).toBe(path);
    expect(await ask(path)).toBe(String(pid));
  });

  test("and is killed after bind(), the next one listens", async () => {
    const path = socketPath();
    const holder = startDaemon({ where: path }, signalling("STOP", "bind"));
    await until(() => holder.stderr().includes("stopped by SIGSTOP"));
    const next = startDaemon({ where: path }, tracing("flock"));
    await until(() => next.stderr().includes("EAGAIN"));
    holder.kill("SIGKILL");
    const { pid, address } = await next.next();
    expect(address).toBe(path);
    expect(await ask(path)).toBe(String(pid));
    expect(besides(path)).toEqual(["socket"]);
  });

  test("and is stopped, it keeps the lock, and the other gives up after ten seconds", async () => {
    const path = socketPath();
    const holder = startDaemon({ where: path }, signalling("STOP", "bind"));
    await until(() => holder.stderr().includes("stopped by SIGSTOP"));
    const open = descriptors();
    const pause = watchPauses();
    const elapsed = hurryClock();
    await expect(listenUnix(createServer(), path)).rejects.toMatchObject({
      code: "EADDRINUSE",
      syscall: "bind",
      message: expect.stringContaining(`${path}.lock was locked for 10000 ms by another process`),
    });
    expect(elapsed()).toBeGreaterThan(10_000);
    expect(pause).toHaveBeenCalled();
    await until(() => openedSince(open).length === 0);
    expect(await ask(path)).toBe("ECONNREFUSED");
    holder.kill("SIGCONT");
    const { pid } = await holder.next();
    expect(await ask(path)).toBe(String(pid));
    expect(besides(path)).toEqual(["socket"]);
  });

  test("and has removed its lock file after another one opened it, that one opens a new file", async () => {
    const path = socketPath();
    const daemon = startDaemon({ where: path }, [...signalling("STOP", "open"), ...about(`${path}.lock`)]);
    await until(() => daemon.stderr().includes("stopped by SIGSTOP"));
    rmSync(`${path}.lock`);
    // It stops each time that it opens the file.
    const waking = setInterval(() => daemon.kill("SIGCONT"), 20);
    onTestFinished(() => clearInterval(waking));
    expect(await daemon.next()).toMatchObject({ address: path });
    expect(callsIn(daemon.stderr())).toEqual(["open", "open"]);
  });
});

describe.skipIf(lacks("root"))("a user without privileges, with a umask that takes the owner's bits,", () => {
  function openPath(): string {
    const path = socketPath();
    chmodSync(dirname(path), 0o777);
    return path;
  }

  test.each(["000", "200", "400"])(
    "finds their own lock file, which was left with mode %s, and listens",
    async (bits) => {
      const path = openPath();
      leaveLock(path, { mode: Number.parseInt(bits, 8) });
      chownSync(`${path}.lock`, STRANGER.uid, STRANGER.gid);
      expect(await startDaemon({ where: path, as: STRANGER }).next()).toMatchObject({ address: path });
      expect(besides(path)).toEqual(["socket"]);
    },
  );

  test("finds another user's lock file, which stays", async () => {
    const path = openPath();
    leaveLock(path, { mode: 0 });
    const { message } = await startDaemon({ where: path, as: STRANGER }).next();
    expect(message).toContain("it belongs to user 0");
    expect(stateOf(`${path}.lock`)).toMatchObject({ mode: 0o100000n });
  });

  test.skipIf(lacks("strace"))("is starting: another process of theirs waits, and gets EADDRINUSE", async () => {
    const path = openPath();
    const settings = { where: path, as: STRANGER, umask: 0o777 };
    const holder = startDaemon(settings, signalling("STOP", "flock"));
    await until(() => holder.stderr().includes("stopped by SIGSTOP"));
    const next = startDaemon(settings, tracing("flock"));
    await until(() => next.stderr().includes("EAGAIN"));
    holder.kill("SIGCONT");
    expect(await holder.next()).toMatchObject({ address: path });
    expect(await next.next()).toMatchObject({ code: "EADDRINUSE" });
  });
});
