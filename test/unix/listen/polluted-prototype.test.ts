// Keys that other code has put on Object.prototype are not options: the server listens on its path, and a daemon
// there is found.
import { createServer, Server } from "node:net";
import { listenUnix } from "sockinfo/unix";
import { expect, onTestFinished, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath, until } from "../../helpers/servers";
import { ask } from "../helpers/ask";
import { besides, descriptors, openedSince } from "../helpers/files";
import { startDaemon } from "../helpers/processes";

const ELSEWHERE = { port: 0, host: "127.0.0.1" };

const KEYS: [string, unknown][] = [
  ["handle", ELSEWHERE],
  ["_handle", ELSEWHERE],
  ["fd", 0],
  ["signal", {}],
  ["throwIfNoEntry", false],
  ["bigint", false],
  ["objectMode", true],
];

/** The outcome of listenUnix() while Object.prototype has the key. */
async function listenWith(key: string, value: unknown, server: Server, path: string): Promise<unknown> {
  // oxlint-disable-next-line no-extend-native
  Object.defineProperty(Object.prototype, key, { value, configurable: true, writable: true });
  try {
    return await listenUnix(server, path).catch((error: unknown) => error);
  } finally {
    Reflect.deleteProperty(Object.prototype, key);
  }
}

test.each(KEYS)("%s: the server listens on its path", async (key, value) => {
  const path = socketPath();
  const server = createServer((socket) => socket.end("hello"));
  onTestFinished(() => void server.close());
  expect(await listenWith(key, value, server, path)).toBe(server);
  expect(server.address()).toBe(path);
  expect(await ask(path)).toBe("hello");
  expect(besides(path)).toEqual(["socket"]);
});

test.each(KEYS)("%s: the socket of a running daemon stays", async (key, value) => {
  const path = socketPath();
  const { pid } = await startDaemon({ where: path }).next();
  const outcome = await listenWith(key, value, createServer(), path);
  expect(outcome).toMatchObject({ code: "EADDRINUSE", message: expect.stringContaining("a process listens there") });
  expect(await ask(path)).toBe(String(pid));
});

function fail(): void {
  throw new TypeError("on purpose");
}

function listenOnTcp(server: Server): void {
  Server.prototype.listen.call(server, ELSEWHERE);
}

test.skipIf(lacks("linux")).each<[string, (server: Server) => void, string]>([
  ["throws", fail, "on purpose"],
  ["listens elsewhere", listenOnTcp, "other code has replaced server.listen()"],
])("a listen() of other code that %s: rejects with our error, and no file is left", async (_, listen, detail) => {
  const path = socketPath();
  const open = descriptors();
  const server = createServer();
  const before = ["listening", "error", "close"].map((event) => server.listenerCount(event));
  server.listen = () => {
    listen(server);
    return server;
  };
  const code = "ERR_SOCKINFO_UNSUPPORTED_RUNTIME";
  await expect(listenUnix(server, path)).rejects.toMatchObject({ code, message: expect.stringContaining(detail) });
  await until(() => openedSince(open).length === 0);
  expect(besides(path)).toEqual([]);
  expect(["listening", "error", "close"].map((event) => server.listenerCount(event))).toEqual(before);
});
