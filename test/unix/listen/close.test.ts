// What becomes of the file when the server closes: removed while the descriptor is open, and only if it is still the same.
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
  "it is removed before the descriptor is closed: until then nobody else takes the path",
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

describe("it stays where it is not the one that was made", () => {
  test("but a file that was moved there", async () => {
    const [path, other] = [socketPath(), socketPath()];
    const server = await listenUnix(createServer(), path);
    writeFileSync(other, "precious");
    renameSync(other, path);
    server.close();
    await once(server, "close");
    expect(readFileSync(path, "utf8")).toBe("precious");
  });

  test("but another daemon's socket that was moved there", async () => {
    const [path, other] = [socketPath(), socketPath()];
    const server = await listenUnix(createServer(), path);
    const { pid } = await startDaemon({ where: other }).next();
    renameSync(other, path);
    server.close();
    await once(server, "close");
    expect(await ask(path)).toBe(String(pid));
  });

  test("but another daemon's, after somebody has removed it by hand", async () => {
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

  test("or has another name by now", async () => {
    const path = socketPath();
    const server = await listenUnix(createServer(), path);
    renameSync(path, `${path}.old`);
    server.close();
    await once(server, "close");
    expect(besides(path)).toEqual(["socket.old"]);
  });
});

test("a server that is closed twice leaves alone what has come since", async () => {
  const path = socketPath();
  const server = await listenUnix(createServer(), path);
  server.close();
  expect(existsSync(path)).toBe(false);
  writeFileSync(path, "precious");
  const error = await new Promise<Error | undefined>((resolve) => server.close(resolve));
  expect(error).toMatchObject({ code: "ERR_SERVER_NOT_RUNNING" });
  expect(readFileSync(path, "utf8")).toBe("precious");
});

test("a server that is closed while it still tells that it listens has listened, and leaves nothing", async () => {
  const path = socketPath();
  const server = createServer();
  server.once("listening", () => server.close());
  expect(await listenUnix(server, path)).toBe(server);
  expect(server.listening).toBe(false);
  expect(besides(path)).toEqual([]);
});

test("connections that are open outlive it, the file does not", async () => {
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
  "a process that has given up its rights closes all the same; the next one finds a stale socket",
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
