// Paths: their greatest length in bytes, and which file a relative one means after chdir().
import { existsSync, lstatSync, mkdirSync, readdirSync, rmdirSync, statSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { basename, dirname, join } from "node:path";
import { listenUnix } from "sockinfo/unix";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath } from "../../helpers/servers";
import { ask } from "../helpers/ask";
import { besides, countListeners, leaveSocket } from "../helpers/files";

/** sun_path of unix(7) and unix(4), minus the 0 at the end. */
const MOST = process.platform === "darwin" ? 103 : 107;

/** A path of so many bytes, in a folder of its own. */
function pathOf(bytes: number, letter = "x"): string {
  const start = `${dirname(socketPath())}/`;
  const rest = bytes - Buffer.byteLength(start);
  const size = Buffer.byteLength(letter);
  return `${start}${"x".repeat(rest % size)}${letter.repeat(Math.floor(rest / size))}`;
}

const answering = () => createServer((socket) => socket.end("hello"));

describe.each(["x", "ü", "€", "😀"])("a path of many %s", (letter) => {
  test("of the greatest length is the whole path of the socket", async () => {
    const path = pathOf(MOST, letter);
    expect(Buffer.byteLength(path)).toBe(MOST);
    const server = await listenUnix(answering(), path);
    expect(besides(path)).toEqual([path.slice(dirname(path).length + 1)]);
    expect(await ask(path)).toBe("hello");
    server.close();
    expect(besides(path)).toEqual([]);
  });

  test("that has one byte more is refused before anything is done", async () => {
    const path = pathOf(MOST + 1, letter);
    const { mtimeNs } = statSync(dirname(path), { bigint: true });
    await expect(listenUnix(answering(), path)).rejects.toMatchObject({
      code: "ERR_SOCKINFO_INVALID_ARGUMENT",
      syscall: undefined,
      message: expect.stringContaining(`must be a path of at most ${MOST} bytes. Received ${MOST + 1} bytes: ${path}`),
    });
    expect(statSync(dirname(path), { bigint: true }).mtimeNs).toBe(mtimeNs);
  });
});

test("a path with a null byte, where the system would end it, is refused", async () => {
  const path = socketPath();
  await expect(listenUnix(answering(), `${path}\0.real`)).rejects.toMatchObject({
    code: "ERR_SOCKINFO_INVALID_ARGUMENT",
    message: expect.stringContaining("without null bytes"),
  });
  expect(besides(path)).toEqual([]);
});

test.each<unknown>([
  "",
  "\0",
  undefined,
  null,
  3,
  true,
  ["/tmp/socket"],
  Buffer.from("/tmp/socket"),
  {},
  new URL("file:///tmp/s"),
])("%o is no path", async (where) => {
  await expect(listenUnix(answering(), where as string)).rejects.toMatchObject({
    code: "ERR_SOCKINFO_INVALID_ARGUMENT",
  });
});

/** Changes to the folder until the test ends. */
function goTo(folder: string): void {
  const before = process.cwd();
  process.chdir(folder);
  onTestFinished(() => process.chdir(before));
}

describe('a path with a link and ".." after it', () => {
  /** A folder with `link` → `real/sub`. */
  function folderWithLink(): string {
    const folder = dirname(socketPath());
    mkdirSync(join(folder, "real/sub"), { recursive: true });
    symlinkSync("real/sub", join(folder, "link"));
    return folder;
  }

  test.each([
    ["whole", (folder: string) => `${folder}/link/../socket`],
    ["relative", () => "link/../socket"],
    ["relative, with dots at its start", () => "./../$/link//../socket"],
  ])("leads where the kernel and each client look: %s", async (_, pathIn) => {
    const folder = folderWithLink();
    goTo(folder);
    const path = pathIn(folder).replace("$", basename(folder));
    const server = await listenUnix(answering(), path);
    expect(readdirSync(join(folder, "real"))).toEqual(["socket", "sub"]);
    expect(readdirSync(folder)).toEqual(["link", "real"]);
    expect(await ask(path)).toBe("hello");
    // The same socket by another path.
    await expect(listenUnix(answering(), join(folder, "real/socket"))).rejects.toThrow("a process listens there");
    process.chdir("/");
    server.close();
    expect(readdirSync(join(folder, "real"))).toEqual(["sub"]);
  });
});

test.each(["", "new/", "new//", "./new/"])(
  "a path that ends with / names a folder, and is refused: %j",
  async (name) => {
    const path = `${dirname(socketPath())}/${name}`;
    await expect(listenUnix(answering(), path)).rejects.toMatchObject({
      code: "ERR_SOCKINFO_INVALID_ARGUMENT",
      message: expect.stringContaining(`does not end with "/". Received type string ('${path}')`),
    });
    expect(readdirSync(path.replace(/\.?\/?new\/+$/, ""))).toEqual([]);
  },
);

describe("a relative path", () => {
  test("is resolved when listenUnix() is called, and that file is removed", async () => {
    const [path, other] = [socketPath(), socketPath()];
    goTo(dirname(path));
    const listening = listenUnix(answering(), "socket");
    process.chdir(dirname(other));
    const server = await listening;
    expect(server.address()).toBe("socket");
    expect([besides(path), besides(other)]).toEqual([["socket"], []]);
    const decoy = await listenUnix(answering(), "socket");
    server.close();
    expect([besides(path), besides(other)]).toEqual([[], ["socket"]]);
    decoy.close();
    expect(besides(other)).toEqual([]);
  });

  describe("in a folder whose own path is too long", () => {
    function goFar(): string {
      const folder = join(dirname(socketPath()), "x".repeat(MOST));
      mkdirSync(folder);
      goTo(folder);
      return folder;
    }

    test("works, and its file is removed after chdir()", async () => {
      const folder = goFar();
      const server = await listenUnix(answering(), "socket");
      expect(lstatSync(join(folder, "socket")).isSocket()).toBe(true);
      expect(await ask("socket")).toBe("hello");
      process.chdir("/");
      server.close();
      expect(existsSync(join(folder, "socket"))).toBe(false);
    });

    test("fails after chdir() during the call, and no file is made", async () => {
      const [folder, other] = [goFar(), socketPath()];
      const listening = listenUnix(answering(), "socket");
      process.chdir(dirname(other));
      await expect(listening).rejects.toMatchObject({ code: "ENAMETOOLONG", syscall: "bind" });
      expect([readdirSync(folder), besides(other)]).toEqual([[], []]);
    });

    test("does not take a stale socket elsewhere for the one at the path, after chdir() during the call", async () => {
      const [folder, other] = [goFar(), socketPath()];
      const server = await listenUnix(answering(), "socket");
      onTestFinished(() => void server.close());
      leaveSocket(other);
      const listening = listenUnix(answering(), "socket");
      process.chdir(dirname(other));
      await expect(listening).rejects.toMatchObject({
        code: "EADDRINUSE",
        message: expect.stringContaining("ENAMETOOLONG"),
      });
      process.chdir(folder);
      expect(await ask("socket")).toBe("hello");
      expect([readdirSync(folder), besides(other)]).toEqual([["socket"], ["socket"]]);
    });

    test("that looks like a number is no port: the daemon there is found", async () => {
      goFar();
      const server = await listenUnix(answering(), "65432");
      onTestFinished(() => void server.close());
      await expect(listenUnix(answering(), "65432")).rejects.toThrow("a process listens there");
      expect(await ask("65432")).toBe("hello");
    });
  });
});

test.skipIf(lacks("linux"))("a relative path in a folder that was removed: the error of getcwd()", async () => {
  const folder = dirname(socketPath());
  goTo(folder);
  rmdirSync(folder);
  await expect(listenUnix(answering(), "socket")).rejects.toMatchObject({
    name: "SocketInfoError",
    code: "ENOENT",
    syscall: "uv_cwd",
  });
});

test.skipIf(lacks("linux"))("the kernel knows the socket by its absolute path", async () => {
  const path = socketPath();
  goTo(dirname(path));
  const server = await listenUnix(answering(), "./../" + path.split("/").at(-2) + "/socket");
  onTestFinished(() => void server.close());
  expect(countListeners(path)).toBe(1);
});
