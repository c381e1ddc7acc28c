// The accept queue of real listeners, filled by another process while this one can't accept, against ss.
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttp2Server, createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { createServer, Server, Socket } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { SocketInfoError } from "sockinfo";
import { getListenerInfo, tryGetListenerInfo } from "sockinfo/connections";
import { describe, expect, test } from "vitest";
import { runNode } from "../helpers/child";
import { lacks } from "../helpers/needs";
import { listen, portOf, socketPath, until } from "../helpers/servers";
import { readSsListener } from "../helpers/ss";

/** Without a certificate, as no handshake is made. */
const SERVERS: Record<string, () => Server> = {
  net: () => createServer(),
  tls: () => createTlsServer(),
  http: () => createHttpServer(),
  https: () => createHttpsServer(),
  http2: () => createHttp2Server(),
  "http2 over TLS": () => createSecureServer(),
};

const here = (name: string) => join(import.meta.dirname, name);

/** Connections of another process, which ends meanwhile. As this one waits for that, it accepts none of them. */
function connectUnaccepted(server: Server, count: number): void {
  execFileSync(process.execPath, [here("connect.mjs"), String(portOf(server)), String(count)]);
}

const onLoopback = (backlog?: number) => ({ host: "127.0.0.1", port: 0, ...(backlog !== undefined && { backlog }) });

describe.skipIf(lacks("linux"))("the accept queue", () => {
  describe.skipIf(lacks("ss"))("is what ss says", () => {
    test.each(Object.entries(SERVERS))("%s", async (_, create) => {
      const server = await listen(create(), onLoopback(7));
      expect(getListenerInfo(server)).toEqual({ acceptQueueLength: 0, acceptQueueLimit: 7, acceptQueueFullRatio: 0 });
      connectUnaccepted(server, 3);
      const info = getListenerInfo(server);
      const { recvQ, sendQ } = readSsListener(portOf(server));
      expect(info).toEqual({ acceptQueueLength: recvQ, acceptQueueLimit: sendQ, acceptQueueFullRatio: 3 / 8 });
      expect([recvQ, sendQ]).toEqual([3, 7]);
      await until(() => getListenerInfo(server).acceptQueueLength === 0);
    });

    test("holds one more than its limit, and is full then", async () => {
      const server = await listen(createServer(), onLoopback(2));
      connectUnaccepted(server, 3);
      expect(tryGetListenerInfo(server)).toEqual({
        acceptQueueLength: 3,
        acceptQueueLimit: 2,
        acceptQueueFullRatio: 1,
      });
      expect(readSsListener(portOf(server))).toEqual({ recvQ: 3, sendQ: 2 });
    });
  });

  test("has the limit that Node sets, and at most that of the system", async () => {
    const somaxconn = Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"));
    const usual = await listen(createServer(), onLoopback());
    expect(getListenerInfo(usual).acceptQueueLimit).toBe(Math.min(511, somaxconn));
    const greedy = await listen(createServer(), onLoopback(somaxconn + 1));
    expect(getListenerInfo(greedy).acceptQueueLimit).toBe(somaxconn);
  });

  test("opens nothing", async () => {
    const server = await listen(createServer());
    getListenerInfo(server);
    const before = readdirSync("/proc/self/fd").length;
    for (let call = 0; call < 1000; call++) getListenerInfo(server);
    expect(readdirSync("/proc/self/fd")).toHaveLength(before);
  });
});

/** The code that `getListenerInfo` throws, which `tryGetListenerInfo` answers with undefined or throws as well. */
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
    ["no descriptor", -1],
    ["no whole number", 1.5],
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

  /** What both say to a listening server of a Node of its own, or to another `argument`. */
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
    ["Bun, where a server of http is none of net", "{ listen() {} }"],
    ["a runtime whose handles have no descriptor", "Object.assign(Object.create(server), { _handle: {} })"],
  ])("on %s", (_, argument) => {
    const bun = 'Object.defineProperty(process.versions, "bun", { value: "1.4.5" });';
    expect(inChild(bun, [], argument)).toBe("ERR_SOCKINFO_UNSUPPORTED_RUNTIME undefined");
  });

  test("without the native module", () => {
    expect(inChild("", ["--no-addons"])).toBe("ERR_SOCKINFO_ADDON_LOAD_FAILED ERR_SOCKINFO_ADDON_LOAD_FAILED");
  });
});

describe.skipIf(lacks("linux"))("in a worker of a cluster", () => {
  const inWorker = (options: object, policy: "round robin" | "none"): unknown => {
    const parameters = [here("cluster.mjs"), JSON.stringify(options), policy];
    const { stdout, stderr } = spawnSync(process.execPath, parameters, { encoding: "utf8", timeout: 25_000 });
    expect(stderr).toBe("");
    return JSON.parse(stdout);
  };
  const options = onLoopback(6);
  const answer = { acceptQueueLength: 0, acceptQueueLimit: 6, acceptQueueFullRatio: 0 };
  const answers = [answer, answer];
  const refusals = ["ERR_SOCKINFO_LISTENER_NOT_OWNED", null];
  const hasReusePort = Number.parseInt(process.versions.node, 10) >= 22;

  test("that its primary accepts for", () => expect(inWorker(options, "round robin")).toEqual(refusals));

  test("that shares its primary's socket", () => expect(inWorker(options, "none")).toEqual(answers));

  test("that has the port for itself", () =>
    expect(inWorker({ ...options, exclusive: true }, "round robin")).toEqual(answers));

  // Node 20 does not know the option, and has the primary listen.
  test("that has a socket of its own at a port of all", () =>
    expect(inWorker({ ...options, reusePort: true }, "round robin")).toEqual(hasReusePort ? answers : refusals));

  test("on a Unix socket", () =>
    expect(inWorker({ path: socketPath() }, "round robin")).toEqual(["ERR_SOCKINFO_NOT_TCP", null]));
});
