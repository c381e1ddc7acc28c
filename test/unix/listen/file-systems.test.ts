// File systems that ignore chmod() or chown(), or show another owner or mode, and those that do not. A socket without
// the owner and mode that were asked for never listens, and its file is removed.
import { chmodSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { listenUnix, type ListenUnixOptions } from "sockinfo/unix";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { until } from "../../helpers/servers";
import { ask } from "../helpers/ask";
import { accessOf, besides, descriptors, leaveSocket, openedSince, stateOf } from "../helpers/files";
import { mountBindfs, mountOverlay, mountTmpfs, type Mount } from "../helpers/mounts";
import { startDaemon, STRANGER } from "../helpers/processes";

const { uid, gid } = STRANGER;

const refusal = (detail: string) => ({
  name: "SocketInfoError",
  code: "ERR_SOCKINFO_UNSUPPORTED_FILE_SYSTEM",
  message: expect.stringContaining(detail),
});

async function isRefused({ path, truth }: Mount, options: ListenUnixOptions, detail: string): Promise<void> {
  const umask = process.umask(0o077);
  onTestFinished(() => void process.umask(umask));
  const open = descriptors();
  const server = createServer();
  // Twice, because what the first attempt leaves could stop the second, or hide the reason.
  for (let round = 0; round < 2; round++) {
    await expect(listenUnix(server, path, options)).rejects.toMatchObject(refusal(detail));
    expect(besides(path)).toEqual([]);
    // FUSE keeps a removed file for a moment, if it was open.
    await until(() => readdirSync(truth).length === 0);
  }
  await until(() => openedSince(open).length === 0);
  expect(server.listening).toBe(false);
}

describe.skipIf(lacks("root", "bindfs"))("a file system that", () => {
  test("ignores chmod()", async () => {
    const mount = mountBindfs("--chmod-ignore");
    await isRefused(mount, { mode: 0o666 }, `user 0, group 0 and mode 666, and shows user 0, group 0 and mode 600`);
    // This mode needs no chmod().
    const server = await listenUnix(createServer(), mount.path, { mode: 0o600 });
    onTestFinished(() => void server.close());
    expect(accessOf(mount.path)).toBe("0:0 600");
  });

  test.each<[ListenUnixOptions, string]>([
    [{ owner: uid }, `user ${uid}, group 0 and mode 600, and shows user 0, group 0 and mode 600`],
    [{ owner: uid, group: gid, mode: 0o660 }, `and shows user 0, group ${gid} and mode 660`],
  ])("ignores chown(): %j", (options, detail) => isRefused(mountBindfs("--chown-ignore"), options, detail));

  test("ignores a new group", () =>
    isRefused(mountBindfs("--chgrp-ignore"), { group: gid }, `group ${gid} and mode 600, and shows user 0, group 0`));

  test.each(["0777", "0666", "0644", "g+r"])("shows every file with mode %s", (mode) =>
    isRefused(mountBindfs("-p", mode), {}, "user 0 made "),
  );

  test("shows every file as another user's", () =>
    isRefused(mountBindfs("-u", String(uid)), {}, `it shows user ${uid} and mode 600`));

  test("shows every file as another user's, with that user as owner", () =>
    isRefused(mountBindfs("-u", String(uid)), { owner: uid }, `it shows user ${uid} and mode 600`));

  test("shows every file as another user's, and a stale socket: it stays, because of its owner", async () => {
    const { path, truth } = mountBindfs("-u", String(uid));
    leaveSocket(`${truth}/socket`);
    await expect(listenUnix(createServer(), path)).rejects.toThrow(`it belongs to user ${uid}`);
    expect(besides(path)).toEqual(["socket"]);
  });

  test("shows every file with another group: a server listens only if it asks for that group", async () => {
    const mount = mountBindfs("-g", String(gid));
    await isRefused(mount, { mode: 0o660 }, `group 0 and mode 660, and shows user 0, group ${gid} and mode 660`);
    const server = await listenUnix(createServer(), mount.path, { group: gid, mode: 0o660 });
    onTestFinished(() => void server.close());
    expect(accessOf(mount.path)).toBe(`0:${gid} 660`);
  });

  test.each<[string, ListenUnixOptions, string]>([
    ["--chmod-deny", { mode: 0o666 }, "chmod"],
    ["--chown-deny", { owner: uid }, "fchownat"],
  ])("refuses the call, by %s: the error of that call", async (option, options, syscall) => {
    const { path, truth } = mountBindfs(option);
    const umask = process.umask(0o077);
    onTestFinished(() => void process.umask(umask));
    await expect(listenUnix(createServer(), path, options)).rejects.toMatchObject({ code: "EPERM", syscall });
    await until(() => readdirSync(truth).length === 0);
  });
});

describe.skipIf(lacks("root", "bindfs"))("a file system that keeps owner and mode", () => {
  const KINDS: [string, () => Mount][] = [
    ["bindfs", () => mountBindfs()],
    ["tmpfs", mountTmpfs],
    ["overlay", mountOverlay],
  ];

  test.each(KINDS)("%s: owner and mode are set, and the file is removed", async (_, mount) => {
    const { path } = mount();
    const server = createServer((socket) => socket.end("hello"));
    await listenUnix(server, path, { owner: uid, group: gid, mode: 0o660 });
    expect(accessOf(path)).toBe(`${uid}:${gid} 660`);
    expect(await ask(path)).toBe("hello");
    server.close();
    expect(besides(path)).toEqual([]);
  });

  test.each(KINDS.slice(1))("%s: a stale socket is replaced", async (_, mount) => {
    const { path } = mount();
    leaveSocket(path);
    const server = await listenUnix(createServer(), path);
    server.close();
    expect(besides(path)).toEqual([]);
  });

  test.each(KINDS)("%s: for a user without privileges", async (_, mount) => {
    const { path } = mount();
    chmodSync(dirname(path), 0o1777);
    const daemon = startDaemon({ where: path, as: STRANGER, umask: 0o077, options: { mode: 0o666 } });
    const { pid } = await daemon.next();
    expect(await ask(path)).toBe(String(pid));
    expect(accessOf(path)).toBe(`${uid}:${gid} 666`);
  });
});

describe.skipIf(lacks("root", "bindfs"))("a socket seen through another mount", () => {
  const stays = async (path: string) => {
    const before = stateOf(path);
    await expect(listenUnix(createServer(), path)).rejects.toMatchObject(refusal("on FUSE a daemon may listen"));
    expect(stateOf(path)).toEqual(before);
    expect(besides(path)).toEqual(["socket"]);
  };

  test("stays while its daemon listens, and the daemon still answers", async () => {
    const { path, truth } = mountBindfs();
    const { pid } = await startDaemon({ where: `${truth}/socket` }).next();
    // The kernel does not find the daemon from here.
    expect(await ask(path)).toBe("ECONNREFUSED");
    await stays(path);
    expect(await ask(`${truth}/socket`)).toBe(String(pid));
  });

  test("stays when it is stale, until its file is removed", async () => {
    const { path } = mountBindfs();
    leaveSocket(path);
    await stays(path);
    rmSync(path);
    const server = await listenUnix(createServer(), path);
    onTestFinished(() => void server.close());
    await expect(listenUnix(createServer(), path)).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
