// The socket's file when the server closes: it is removed while the descriptor is open, and only if it is still the
// same.
import { once } from "node:events";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { listenUnix } from "sockinfo/unix";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath } from "../../helpers/servers";
import { ask } from "../helpers/ask";
import { besides, stateOf } from "../helpers/files";
import { startDaemon } from "../helpers/processes";
import { tracing } from "../helpers/strace";

test.skipIf(lacks("strace"))(
  "the file is removed before the descriptor is closed, so no other process can have taken the path",
  async () => {
    const path = socketPath();
    const daemon = startDaemon({ where: path }, tracing("bind", "unlink", "close"));
    await daemon.next();
    daemon.tell("close");
    expect(await daemon.next()).toEqual({ closed: true });
    daemon.tell("exit");
    await daemon.ended;
    const fd = /\bbind\((\d+)/.exec(daemon.stderr())?.[1];
    const since = daemon.stderr().split("bind(")[1] ?? "";
    const steps = since.split("\n").flatMap((line) => {
      if (line.includes(`"${path}"`) && line.includes("unlink")) return "unlink";
      return line.includes(` close(${fd})`) ? "close" : [];
    });
    expect(steps).toEqual(["unlink", "close"]);
  },
);

describe("a file that is not the one that was made stays", () => {
  test("a regular file that was moved there", async () => {
    const [path, other] = [socketPath(), socketPath()];
    const server = await listenUnix(createServer(), path);
    writeFileSync(other, "precious");
    renameSync(other, path);
    server.close();
    await once(server, "close");
    expect(readFileSync(path, "utf8")).toBe("precious");
  });

  test("another daemon's socket that was moved there", async () => {
    const [path, other] = [socketPath(), socketPath()];
    const server = await listenUnix(createServer(), path);
    const { pid } = await startDaemon({ where: other }).next();
    renameSync(other, path);
    server.close();
    await once(server, "close");
    expect(await ask(path)).toBe(String(pid));
  });

  test("another daemon's socket, made after this one was removed by hand", async () => {
    const path = socketPath();
    const server = await listenUnix(createServer(), path);
    rmSync(path);
    const { pid } = await startDaemon({ where: path }).next();
    const before = stateOf(path);
    server.close();
    await once(server, "close");
    expect(stateOf(path)).toEqual(before);
    expect(await ask(path)).toBe(String(pid));
  });

  test("this socket under another name", async () => {
    const path = socketPath();
    const server = await listenUnix(createServer(), path);
    renameSync(path, `${path}.old`);
    server.close();
    await once(server, "close");
    expect(besides(path)).toEqual(["socket.old"]);
  });
});

test("a server that is closed twice does not touch a file that was made since", async () => {
  const path = socketPath();
  const server = await listenUnix(createServer(), path);
  server.close();
  expect(existsSync(path)).toBe(false);
  writeFileSync(path, "precious");
  const error = await new Promise<Error | undefined>((resolve) => server.close(resolve));
  expect(error).toMatchObject({ code: "ERR_SERVER_NOT_RUNNING" });
  expect(readFileSync(path, "utf8")).toBe("precious");
});

test("a server that is closed in 'listening' has listened, and leaves no file", async () => {
  const path = socketPath();
  const server = createServer();
  server.once("listening", () => server.close());
  expect(await listenUnix(server, path)).toBe(server);
  expect(server.listening).toBe(false);
  expect(besides(path)).toEqual([]);
});

test("open connections outlive the server, its file does not", async () => {
  const path = socketPath();
  const server = await listenUnix(
    createServer((socket) => socket.pipe(socket)),
    path,
  );
  const client = connect({ path });
  onTestFinished(() => void client.destroy());
  await once(server, "connection");
  server.close();
  expect(existsSync(path)).toBe(false);
  client.write("still here");
  expect(String((await once(client, "data"))[0])).toBe("still here");
});

test.skipIf(lacks("root"))(
  "a process that has given up its rights closes without an error; the next one replaces the stale socket",
  async () => {
    const path = socketPath();
    const daemon = startDaemon({ where: path });
    await daemon.next();
    daemon.tell("drop");
    expect(await daemon.next()).toEqual({ dropped: true });
    daemon.tell("close");
    expect(await daemon.next()).toEqual({ closed: true });
    daemon.tell("exit");
    expect(await daemon.ended).toEqual([0, null]);
    expect(daemon.stderr()).toBe("");
    expect(await ask(path)).toBe("ECONNREFUSED");
    const { address } = await startDaemon({ where: path }).next();
    expect(address).toBe(path);
  },
);
