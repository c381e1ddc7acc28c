// <path>.lock: one daemon at a time removes, binds and listens, however slow it is; what else may have that name is not touched.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { listenUnix } from "sockinfo/unix";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { socketPath, until } from "../helpers/servers";
import { ask } from "./helpers/ask";
import { besides, descriptors, leaveSocket, openedSince, stateOf } from "./helpers/files";
import { startDaemon } from "./helpers/processes";
import { about, callsIn, delaying, signalling, tracing } from "./helpers/strace";

describe("a file that has the lock's name", () => {
  test("and was left there is the lock of the next", async () => {
    const path = socketPath();
    writeFileSync(`${path}.lock`, "");
    const server = await listenUnix(createServer(), path);
    onTestFinished(() => void server.close());
    expect(besides(path)).toEqual(["socket"]);
  });

  const target = (path: string) => join(dirname(path), "target");
  const link = (path: string) => symlinkSync(target(path), `${path}.lock`);

  test.each<[string, (path: string) => unknown, string]>([
    ["a link to a file", (path) => [writeFileSync(target(path), ""), link(path)], "ELOOP"],
    ["a link to nothing, which would be made", link, "ELOOP"],
    ["a directory", (path) => mkdirSync(`${path}.lock`), "EISDIR"],
    ["a file with something in it", (path) => writeFileSync(`${path}.lock`, "4242\n"), "EADDRINUSE"],
    ["a FIFO", (path) => execFileSync("mkfifo", [`${path}.lock`]), "EADDRINUSE"],
  ])("and is %s stays as it is", async (_, put, code) => {
    const path = socketPath();
    put(path);
    const state = () => besides(path).map((name) => [name, stateOf(join(dirname(path), name))]);
    const before = state();
    const open = descriptors();
    await expect(listenUnix(createServer(), path)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`${path}.lock`),
    });
    expect(state()).toEqual(before);
    expect(openedSince(open)).toEqual([]);
  });
});

describe.skipIf(lacks("strace"))("while another daemon is on its way", () => {
  test("a stale socket is taken away by one of them only, however long that takes", async () => {
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

  test("one that was killed makes room, though it has bound its socket already", async () => {
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

  test("one that is stopped keeps what it has, and the other gives up in the end", async () => {
    const path = socketPath();
    const holder = startDaemon({ where: path }, signalling("STOP", "bind"));
    await until(() => holder.stderr().includes("stopped by SIGSTOP"));
    const open = descriptors();
    await expect(listenUnix(createServer(), path)).rejects.toMatchObject({
      code: "EADDRINUSE",
      syscall: "bind",
      message: expect.stringContaining(`it holds ${path}.lock`),
    });
    await until(() => openedSince(open).length === 0);
    expect(await ask(path)).toBe("ECONNREFUSED");
    holder.kill("SIGCONT");
    const { pid } = await holder.next();
    expect(await ask(path)).toBe(String(pid));
    expect(besides(path)).toEqual(["socket"]);
  });

  test("a lock that its owner has removed since it was opened locks nobody out, and is opened anew", async () => {
    const path = socketPath();
    const daemon = startDaemon({ where: path }, [...signalling("STOP", "open"), ...about(`${path}.lock`)]);
    await until(() => daemon.stderr().includes("stopped by SIGSTOP"));
    rmSync(`${path}.lock`);
    // For each time that it opens it.
    const waking = setInterval(() => daemon.kill("SIGCONT"), 20);
    onTestFinished(() => clearInterval(waking));
    expect(await daemon.next()).toMatchObject({ address: path });
    expect(callsIn(daemon.stderr())).toEqual(["open", "open"]);
  });
});
