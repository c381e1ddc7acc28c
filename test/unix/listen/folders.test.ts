// Folders in which no file can be made: the system's error with its call, and no file is left.
import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { listenUnix } from "sockinfo/unix";
import { describe, expect, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath } from "../../helpers/servers";
import { ask } from "../helpers/ask";
import { besides } from "../helpers/files";
import { startDaemon, STRANGER } from "../helpers/processes";

test("a folder that does not exist: ENOENT, and it is not made", async () => {
  const path = `${socketPath()}/socket`;
  await expect(listenUnix(createServer(), path)).rejects.toMatchObject({
    code: "ENOENT",
    syscall: "open",
    message: `open ENOENT: ${path}.lock, the lock file of listenUnix(). The folder ${dirname(path)} does not exist`,
  });
  expect(besides(dirname(path))).toEqual([]);
});

test("a file where the folder should be: ENOTDIR", async () => {
  const file = socketPath();
  writeFileSync(file, "precious");
  await expect(listenUnix(createServer(), `${file}/socket`)).rejects.toMatchObject({ code: "ENOTDIR" });
  expect(besides(file)).toEqual(["socket"]);
});

describe.skipIf(lacks("root"))("without privileges", () => {
  test.each([
    ["may not write to", 0o555, "open"],
    ["may not search", 0o600, "lstat"],
  ])("a folder that it %s: EACCES", async (_, mode, syscall) => {
    const path = socketPath();
    chownSync(dirname(path), STRANGER.uid, STRANGER.gid);
    chmodSync(dirname(path), mode);
    expect(await startDaemon({ where: path, as: STRANGER }).next()).toMatchObject({ code: "EACCES", syscall });
    expect(besides(path)).toEqual([]);
  });

  test("a daemon listens in a folder that the process may not write to: EADDRINUSE", async () => {
    const path = socketPath();
    const { pid } = await startDaemon({ where: path, options: { mode: 0o666 } }).next();
    const { code, message } = await startDaemon({ where: path, as: STRANGER }).next();
    expect({ code, message }).toEqual({
      code: "EADDRINUSE",
      message: expect.stringContaining("a process listens there"),
    });
    expect(await ask(path)).toBe(String(pid));
  });
});

describe.skipIf(lacks("root", "unshare"))("a read-only file system", () => {
  /** Starts a program that sees the folder as read-only. */
  const readOnly = (folder: string) => {
    const mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"';
    return ["unshare", "--mount", "sh", "-c", mount, folder];
  };

  test("EROFS, and no file is left", async () => {
    const path = `${socketPath()}/socket`;
    mkdirSync(dirname(path));
    const daemon = startDaemon({ where: path }, readOnly(dirname(path)));
    expect(await daemon.next()).toMatchObject({ code: "EROFS", syscall: "open" });
    expect(readdirSync(dirname(path))).toEqual([]);
  });

  test("a daemon listens there: EADDRINUSE", async () => {
    const path = `${socketPath()}/socket`;
    mkdirSync(dirname(path));
    const { pid } = await startDaemon({ where: path }).next();
    const late = await startDaemon({ where: path }, readOnly(dirname(path))).next();
    expect(late).toMatchObject({ code: "EADDRINUSE", message: expect.stringContaining("a process listens there") });
    expect(await ask(path)).toBe(String(pid));
  });
});
