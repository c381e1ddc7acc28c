// Files at the path that are not stale sockets: each stays as it is, and the error says what it is.
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { listenUnix } from "sockinfo/unix";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath, until } from "../../helpers/servers";
import { ask } from "../helpers/ask";
import { besides, descriptors, leaveSocket, openedSince, stateOf } from "../helpers/files";
import { programPath, start, startDaemon } from "../helpers/processes";

const beside = (path: string, name: string) => join(dirname(path), name);

/** Makes something at the path. */
type Obstacle = (path: string) => unknown;

async function stays(put: Obstacle, detail: string): Promise<void> {
  const path = socketPath();
  await put(path);
  const names = besides(path);
  const before = names.map((name) => stateOf(beside(path, name)));
  const open = descriptors();
  const server = createServer((socket) => socket.end("hello"));
  await expect(listenUnix(server, path, { mode: 0o777 })).rejects.toMatchObject({
    code: "EADDRINUSE",
    syscall: "bind",
    message: `bind EADDRINUSE: ${path}: ${detail}`,
  });
  expect(besides(path)).toEqual(names);
  expect(names.map((name) => stateOf(beside(path, name)))).toEqual(before);
  await until(() => openedSince(open).length === 0);
  expect(server.listening).toBe(false);

  const elsewhere = socketPath();
  await listenUnix(server, elsewhere);
  onTestFinished(() => void server.close());
  expect(await ask(elsewhere)).toBe("hello");
}

describe.skipIf(lacks("linux"))("files", () => {
  test.each<[string, Obstacle]>([
    ["a regular file", (path) => writeFileSync(path, "precious")],
    ["a regular file, which is empty", (path) => writeFileSync(path, "")],
    ["a directory", (path) => mkdirSync(path)],
    ["a FIFO", (path) => execFileSync("mkfifo", [path])],
  ])("%s", (what, put) => stays(put, `${what.split(",")[0]} is in the way`));

  test.skipIf(lacks("root"))("a device", () =>
    stays((path) => execFileSync("mknod", [path, "c", "1", "3"]), "a device is in the way"),
  );
});

describe.skipIf(lacks("linux"))("a symbolic link", () => {
  test.each<[string, Obstacle]>([
    ["nothing", () => {}],
    ["a regular file", (target) => writeFileSync(target, "precious")],
    ["a directory", (target) => mkdirSync(target)],
    ["a stale socket", (target) => leaveSocket(target)],
    ["a socket that a daemon listens on", (target) => startDaemon({ where: target }).next()],
  ])("to %s", (_, put) =>
    stays(async (path) => {
      const target = beside(path, "target");
      await put(target);
      symlinkSync(target, path);
    }, "a symbolic link is in the way"),
  );
});

describe.skipIf(lacks("linux", "python"))("sockets of other types, which a process has open", () => {
  test.each(["SOCK_DGRAM", "SOCK_SEQPACKET"] as const)("%s", (type) =>
    stays(
      (path) => start(["python3", programPath("hold-socket.py"), path, type]).next(),
      "a process may be listening there (connect EPROTOTYPE)",
    ),
  );
});

test.skipIf(lacks("linux"))("a hundred refusals leave no descriptor open", async () => {
  const path = socketPath();
  await startDaemon({ where: path }).next();
  const open = descriptors();
  for (let round = 0; round < 100; round++)
    await expect(listenUnix(createServer(), path)).rejects.toThrow("EADDRINUSE");
  await until(() => openedSince(open).length === 0);
});
