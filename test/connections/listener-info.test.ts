// The accept queue of real listeners, filled by another process while this one can't accept, against ss.
import { execFile, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttp2Server, createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { createServer, Server, Socket } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { promisify } from "node:util";
import { SocketInfoError } from "sockinfo";
import { getListenerInfo, tryGetListenerInfo } from "sockinfo/connections";
import { describe, expect, test } from "vitest";
import { runNode } from "../helpers/child";
import { lacks } from "../helpers/needs";
import { listen, portOf, socketPath, until } from "../helpers/servers";
import { readSsListener } from "../helpers/ss";
import { connectUnaccepted } from "./helpers/accept-queue";
import { nodeMajor } from "../helpers/http-servers";

/** Without a certificate, because no client makes a handshake. */
const SERVERS: Record<string, () => Server> = {
  net: () => createServer(),
  tls: () => createTlsServer(),
  http: () => createHttpServer(),
  https: () => createHttpsServer(),
  http2: () => createHttp2Server(),
  "http2 over TLS": () => createSecureServer(),
};

const onLoopback = (backlog?: number) => ({ host: "127.0.0.1", port: 0, ...(backlog !== undefined && { backlog }) });

describe.skipIf(lacks("linux"))("the accept queue", () => {
  describe.skipIf(lacks("ss"))("is what ss says", () => {
    test("on every kind of server", async () => {
      const servers = await Promise.all(Object.values(SERVERS).map((create) => listen(create(), onLoopback(7))));
      const empty = { acceptQueueLength: 0, acceptQueueLimit: 7, acceptQueueFullRatio: 0, droppedSyns: 0 };
      expect(servers.map(getListenerInfo)).toEqual(servers.map(() => empty));
      connectUnaccepted(3, ...servers);
      const queues = servers.map((server) => ({ ...readSsListener(portOf(server)), info: getListenerInfo(server) }));
      for (const { recvQ, sendQ, info } of queues) {
        expect(info).toEqual({
          ...empty,
          acceptQueueLength: recvQ,
          acceptQueueLimit: sendQ,
          acceptQueueFullRatio: 3 / 8,
        });
        expect([recvQ, sendQ]).toEqual([3, 7]);
      }
      await until(() => servers.every((server) => getListenerInfo(server).acceptQueueLength === 0));
    });

    test("holds one more than its limit, and is full then", async () => {
      const server = await listen(createServer(), onLoopback(2));
      connectUnaccepted(3, server);
      expect(tryGetListenerInfo(server)).toEqual({
        acceptQueueLength: 3,
        acceptQueueLimit: 2,
        acceptQueueFullRatio: 1,
        droppedSyns: 0,
      });
      expect(readSsListener(portOf(server))).toEqual({ recvQ: 3, sendQ: 2 });
    });
  });

  test("has Node's default limit, and at most that of the system", async () => {
    const somaxconn = Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"));
    const usual = await listen(createServer(), onLoopback());
    expect(getListenerInfo(usual).acceptQueueLimit).toBe(Math.min(511, somaxconn));
    const greedy = await listen(createServer(), onLoopback(somaxconn + 1));
    expect(getListenerInfo(greedy).acceptQueueLimit).toBe(somaxconn);
  });

  test("reading it opens no descriptor", async () => {
    const server = await listen(createServer());
    getListenerInfo(server);
    const before = readdirSync("/proc/self/fd").length;
    for (let call = 0; call < 1000; call++) getListenerInfo(server);
    expect(readdirSync("/proc/self/fd")).toHaveLength(before);
  });
});

/** The code that `getListenerInfo` throws, and whether `tryGetListenerInfo` returns undefined or throws the same. */
function refusal(server: unknown): { code: unknown; try: "undefined" | "throws" } {
  const attempt = (call: (server: Server) => unknown): unknown => {
    try {
      return call(server as Server);
    } catch (error) {
      return error;
    }
  };
  const [error, tried] = [attempt(getListenerInfo), attempt(tryGetListenerInfo)];
  expect(error).toBeInstanceOf(SocketInfoError);
  if (tried !== undefined) expect(tried).toMatchObject({ code: (error as SocketInfoError).code });
  return { code: (error as SocketInfoError).code, try: tried === undefined ? "undefined" : "throws" };
}

describe("refuses", () => {
  const throwing = new Proxy(createServer(), {
    getPrototypeOf: () => {
      throw new Error("no");
    },
  });

  test.each([
    ["undefined", undefined],
    ["null", null],
    ["a negative number", -1],
    ["a fraction", 1.5],
    ["a port", "3000"],
    ["an object", {}],
    ["a function", () => {}],
    ["a connection", new Socket()],
    ["a proxy that throws", throwing],
  ])("%s", (_, value) => {
    expect(refusal(value)).toEqual({ code: "ERR_SOCKINFO_INVALID_ARGUMENT", try: "throws" });
  });

  test.each(Object.entries(SERVERS))("a server that does not listen: %s", async (_, create) => {
    const server = create();
    const expected = { code: "ERR_SOCKINFO_NOT_LISTENING", try: "undefined" };
    expect(refusal(server)).toEqual(expected);
    await listen(server);
    server.close();
    expect(refusal(server)).toEqual(expected);
  });

  test("an object that only inherits from a server", () => {
    const heir: unknown = Object.create(Server.prototype);
    expect(refusal(heir)).toEqual({ code: "ERR_SOCKINFO_NOT_LISTENING", try: "undefined" });
  });

  test.skipIf(lacks("linux", "python"))("a server whose socket another process has shut down", async () => {
    const server = await listen(createServer());
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    const script = "import socket; socket.socket(fileno=3).shutdown(socket.SHUT_RDWR)";
    const { status, stderr } = spawnSync("python3", ["-c", script], { stdio: ["ignore", "ignore", "pipe", fd] });
    expect(status, String(stderr)).toBe(0);
    expect(refusal(server)).toEqual({ code: "ERR_SOCKINFO_NOT_LISTENING", try: "undefined" });
  });

  test("a server on a Unix socket", async () => {
    const server = await listen(createServer(), { path: socketPath() });
    expect(refusal(server)).toEqual({ code: "ERR_SOCKINFO_NOT_TCP", try: "undefined" });
  });

  test.skipIf(lacks("macos"))("on macOS, any server", async () => {
    const server = await listen(createServer());
    expect(refusal(server)).toEqual({ code: "ERR_SOCKINFO_UNSUPPORTED_PLATFORM", try: "undefined" });
  });

  /** The outcomes of both functions in another Node process, for a listening server or another `argument`. */
  const inChild = (prepare: string, flags: string[] = [], argument = "server") => {
    const { stdout, stderr } = runNode(
      `const { getListenerInfo, tryGetListenerInfo } = require("sockinfo/connections");
      ${prepare}
      const server = require("node:net").createServer().listen(0, "127.0.0.1", () => {
        const show = (call) => { try { return String(call(${argument})); } catch (error) { return error.code; } };
        console.log(show(getListenerInfo), show(tryGetListenerInfo));
        process.exit();
      });`,
      flags,
    );
    return stdout + stderr;
  };

  test("on another platform", () => {
    const platform = 'Object.defineProperty(process, "platform", { value: "win32" });';
    expect(inChild(platform)).toBe("ERR_SOCKINFO_UNSUPPORTED_PLATFORM undefined");
  });

  test.each([
    ["Bun, where an http server is no net.Server", "{ listen() {} }"],
    ["a runtime whose handles have no descriptor", "Object.assign(Object.create(server), { _handle: {} })"],
  ])("on %s", (_, argument) => {
    const bun = 'Object.defineProperty(process.versions, "bun", { value: "1.4.5" });';
    expect(inChild(bun, [], argument)).toBe("ERR_SOCKINFO_UNSUPPORTED_RUNTIME undefined");
  });

  test("without the native module", () => {
    expect(inChild("", ["--no-addons"])).toBe("ERR_SOCKINFO_ADDON_LOAD_FAILED ERR_SOCKINFO_ADDON_LOAD_FAILED");
  });
});

test.skipIf(lacks("linux"))("in a worker of a cluster", async () => {
  const inWorker = async (options: object, policy: "round robin" | "none" = "round robin"): Promise<unknown> => {
    const parameters = [join(import.meta.dirname, "cluster.mjs"), JSON.stringify(options), policy];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, parameters, { timeout: 25_000 });
    expect(stderr).toBe("");
    return JSON.parse(stdout);
  };
  const options = onLoopback(6);
  const outcomes = await Promise.all([
    inWorker(options),
    inWorker(options, "none"),
    inWorker({ ...options, exclusive: true }),
    inWorker({ ...options, reusePort: true }),
    inWorker({ path: socketPath() }),
  ]);

  const queue = { acceptQueueLength: 0, acceptQueueLimit: 6, acceptQueueFullRatio: 0, droppedSyns: 0 };
  const refused = ["ERR_SOCKINFO_LISTENER_NOT_OWNED", null];
  // Node 20 ignores reusePort, and lets the primary listen.
  const hasReusePort = nodeMajor >= 22;
  const [byPrimary, shared, exclusive, reusePort, unix] = outcomes;
  expect({ byPrimary, shared, exclusive, reusePort, unix }).toEqual({
    byPrimary: refused,
    shared: [queue, queue],
    exclusive: [queue, queue],
    reusePort: hasReusePort ? [queue, queue] : refused,
    unix: ["ERR_SOCKINFO_NOT_TCP", null],
  });
});
