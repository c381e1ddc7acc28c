// Abstract names of Linux: they are in no file system, and end with their server.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { constants } from "node:os";
import { promisify } from "node:util";
import { listenUnix, type ListenUnixOptions } from "sockinfo/unix";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath } from "../../helpers/servers";
import { nodeMajor } from "../../helpers/http-servers";
import { ask } from "../helpers/ask";
import { besides, countListeners } from "../helpers/files";
import { startDaemon } from "../helpers/processes";

/** A name that no other test has. */
const newName = () => `\0${socketPath()}`;

/** By Python, because Node 20 pads the name with zeros, which makes it another name. */
async function askByPython(name: string): Promise<string> {
  const script = `
import socket, sys
with socket.socket(socket.AF_UNIX) as client:
    code = client.connect_ex("\\0" + sys.argv[1])
    print(client.recv(99).decode() if code == 0 else code)`;
  const { stdout } = await promisify(execFile)("python3", ["-c", script, name.slice(1)]);
  return stdout.trim();
}

describe.skipIf(lacks("linux", "python"))("an abstract name", () => {
  test("exists in the kernel while the server listens; no file is made", async () => {
    const name = newName();
    const server = await listenUnix(
      createServer((socket) => socket.end("hello")),
      name,
    );
    expect(server.address()).toBe(name);
    expect(countListeners(name)).toBe(1);
    expect(await askByPython(name)).toBe("hello");
    expect(besides(name.slice(1))).toEqual([]);
    server.close();
    await once(server, "close");
    expect(countListeners(name)).toBe(0);
    expect(await askByPython(name)).toBe(String(constants.errno.ECONNREFUSED));
  });

  test("is found by Node's own clients since Node 22", async () => {
    const name = newName();
    const { pid } = await startDaemon({ where: name }).next();
    expect(await ask(name)).toBe(nodeMajor < 22 ? "ECONNREFUSED" : String(pid));
  });

  test("is free again after kill -9", async () => {
    const name = newName();
    const daemon = startDaemon({ where: name });
    await daemon.next();
    daemon.kill("SIGKILL");
    await daemon.ended;
    const { pid, address } = await startDaemon({ where: name }).next();
    expect(address).toBe(name);
    expect(await askByPython(name)).toBe(String(pid));
  });

  test("that another process has is EADDRINUSE, and stays with that process", async () => {
    const name = newName();
    const { pid } = await startDaemon({ where: name }).next();
    await expect(listenUnix(createServer(), name)).rejects.toMatchObject({
      code: "EADDRINUSE",
      syscall: "bind",
      message: `bind EADDRINUSE: @${name.slice(1)}`,
    });
    expect(await askByPython(name)).toBe(String(pid));
  });

  test("that twenty servers want at once is given to one", async () => {
    const name = newName();
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => listenUnix(createServer(), name)));
    const servers = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    onTestFinished(() => servers.forEach((server) => server.close()));
    expect(servers).toHaveLength(1);
    expect(countListeners(name)).toBe(1);
  });

  test("of the greatest length is kept whole; one byte more is refused", async () => {
    const name = `${newName()}-ü-`;
    const longest = name + "x".repeat(107 - Buffer.byteLength(name));
    const server = await listenUnix(
      createServer((socket) => socket.end("hello")),
      longest,
    );
    onTestFinished(() => void server.close());
    expect(countListeners(longest)).toBe(1);
    await expect(listenUnix(createServer(), `${longest}x`)).rejects.toThrow("at most 107 bytes. Received 108 bytes");
  });

  test.each<ListenUnixOptions>([{ mode: 0o666 }, { owner: 0 }, { group: "daemon" }])(
    "can't have %j",
    async (options) => {
      const name = newName();
      await expect(listenUnix(createServer(), name, options)).rejects.toMatchObject({
        code: "ERR_SOCKINFO_INVALID_ARGUMENT",
        message: expect.stringContaining("for an abstract name, which has none of them"),
      });
      expect(countListeners(name)).toBe(0);
    },
  );
});
