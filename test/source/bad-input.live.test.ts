// Wrong arguments, and sources without an answer: each call fails with its documented code, and the process lives.
import { createSocket } from "node:dgram";
import { closeSync, constants, openSync } from "node:fs";
import { createConnection, createServer, Socket } from "node:net";
import { once } from "node:events";
import { execFileSync, spawn } from "node:child_process";
import http from "node:http";
import { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import {
  getFd,
  getPeerCredentials,
  getSocket,
  getTcpInfo,
  getTcpInfoBytes,
  SocketInfoError,
  tryGetPeerCredentials,
  tryGetQueuedBytes,
  tryGetSocketOptions,
  tryGetTcpInfo,
  type SocketSource,
} from "sockinfo";
import { tryGetConnection, tryGetListenerInfo, tryMeasureRequest } from "sockinfo/connections";
import { describe, expect, onTestFinished, test } from "vitest";
import { connectPair, listen, socketPath } from "../helpers/servers";

type Answer = string | undefined;

/** The code that each function throws. "undefined" and "value" stand for what it returns. */
function answers(source: unknown): { tcp: Answer; tryTcp: Answer; bytes: Answer; peer: Answer; tryPeer: Answer } {
  const from = source as SocketSource;
  const codeOf = (call: (source: SocketSource) => unknown): Answer => {
    try {
      return call(from) === undefined ? "undefined" : "value";
    } catch (error) {
      expect(error).toBeInstanceOf(SocketInfoError);
      const { code, stack, name, message } = error as SocketInfoError;
      expect(name).toBe("SocketInfoError");
      expect(message).not.toBe("");
      // The stack begins with the call, not with internals of sockinfo.
      expect(stack?.split("\n").find((line) => line.startsWith("    at "))).toContain("bad-input.live.test.ts");
      return code;
    }
  };
  return {
    tcp: codeOf(getTcpInfo),
    tryTcp: codeOf(tryGetTcpInfo),
    bytes: codeOf(getTcpInfoBytes),
    peer: codeOf(getPeerCredentials),
    tryPeer: codeOf(tryGetPeerCredentials),
  };
}

const everywhere = (code: string) => ({ tcp: code, tryTcp: code, bytes: code, peer: code, tryPeer: code });
const refused = (code: string) => ({ tcp: code, tryTcp: "undefined", bytes: code, peer: code, tryPeer: "undefined" });

describe("wrong arguments", () => {
  test.each([undefined, null, "", "socket", true, 1n, Symbol("x"), NaN, Infinity, 1.5, -1, 2 ** 31, 2 ** 53])(
    "%o",
    (source) => {
      expect(answers(source)).toEqual(everywhere("ERR_SOCKINFO_INVALID_ARGUMENT"));
    },
  );

  test("a descriptor number that is not open", () => {
    const fd = openSync("/dev/null", "r");
    closeSync(fd);
    expect(answers(fd)).toEqual(everywhere("EBADF"));
    expect(() => getTcpInfo(fd)).toThrow(expect.objectContaining({ code: "EBADF", errno: -9, syscall: "getsockopt" }));
    // The first system call. On macOS it is getsockname, because getpeername fails once the peer has closed.
    const syscall = process.platform === "darwin" ? "getsockname" : "getpeername";
    expect(() => getPeerCredentials(fd)).toThrow(expect.objectContaining({ code: "EBADF", syscall }));
  });
});

describe("objects without a socket", () => {
  const deep: unknown = new Proxy(() => deep, {
    get: () => deep,
    has: () => true,
    getPrototypeOf: () => Object.prototype,
  });
  const pretender: unknown = new Proxy({}, { get: () => pretender, getPrototypeOf: () => Socket.prototype });
  const throwing = new Proxy(
    {},
    {
      get: () => {
        throw new Error("get");
      },
      has: () => {
        throw new Error("has");
      },
      getPrototypeOf: () => {
        throw new Error("proto");
      },
    },
  );
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  test.each([
    ["{}", {}],
    ["[]", []],
    ["a function", () => {}],
    ["a bare object", Object.create(null)],
    ["an object that only looks like a request", { socket: { _handle: { fd: 0 } }, req: { socket: { fd: 0 } } }],
    ["fields of the wrong kind", { socket: 1, req: null, raw: Buffer.from("raw body"), env: "x", session: {} }],
    ["a Proxy that answers every property", deep],
    ["getters that throw", throwing],
    ["a revoked Proxy", revoked.proxy],
    ["a Duplex", new Duplex({ read() {} })],
    ["an http server", http.createServer()],
    ["a UDP socket", createSocket("udp4").unref()],
  ])("%s", (_name, source) => {
    expect(answers(source)).toEqual(refused("ERR_SOCKINFO_NO_SOCKET"));
    expect(() => getSocket(source as Socket)).toThrow(SocketInfoError);
  });

  test("a Proxy that pretends to be a net.Socket", () => {
    expect(answers(pretender).tcp).toMatch(/^ERR_SOCKINFO_/);
    expect(answers(pretender).tryTcp).toBe("undefined");
  });

  const fail = () => {
    throw new RangeError("broken");
  };
  test.each<[string, PropertyDescriptor]>([
    ["a handle that can't be read", { get: fail }],
    ["a handle whose descriptor can't be read", { value: Object.defineProperty({}, "fd", { get: fail }) }],
    ["a handle whose properties all throw", { value: new Proxy({}, { get: fail, has: fail }) }],
  ])("a socket with %s", async (_, handle) => {
    const broken = Object.defineProperty(new Socket(), "_handle", handle);
    const { tryTcp, tryPeer, ...thrown } = answers(broken);
    expect([tryTcp, tryPeer]).toEqual(["undefined", "undefined"]);
    for (const code of Object.values(thrown)) expect(code).toMatch(/^ERR_SOCKINFO_/);
    for (const get of [tryGetSocketOptions, tryGetQueuedBytes, tryGetConnection]) expect(get(broken)).toBe(undefined);
    expect(await tryMeasureRequest(broken as never)).toBe(undefined);
    const server = Object.defineProperty(createServer(), "_handle", handle);
    expect(tryGetListenerInfo(server)).toBe(undefined);
  });

  test("a descriptor number has no net.Socket", () => {
    expect(() => getSocket(0 as unknown as Socket)).toThrow(
      expect.objectContaining({ code: "ERR_SOCKINFO_NO_SOCKET" }),
    );
  });
});

describe("descriptors that are not connections", () => {
  const neither = {
    tcp: "ERR_SOCKINFO_NOT_TCP",
    tryTcp: "undefined",
    bytes: "ERR_SOCKINFO_NOT_TCP",
    peer: "ERR_SOCKINFO_NOT_UNIX",
    tryPeer: "undefined",
  };

  test("a file, a folder, a terminal or null device", () => {
    for (const path of ["/etc/passwd", "/", "/dev/null"]) {
      const fd = openSync(path, "r");
      expect(answers(fd)).toEqual(neither);
      closeSync(fd);
    }
  });

  test("a pipe", () => {
    const path = socketPath();
    execFileSync("mkfifo", [path]);
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    expect(answers(fd)).toEqual(neither);
    closeSync(fd);
  });

  test("a UDP socket", async () => {
    const udp = createSocket("udp4").bind(0, "127.0.0.1");
    onTestFinished(() => void udp.close());
    await once(udp, "listening");
    const handle = Object.getOwnPropertySymbols(udp)
      .map((key) => (udp as unknown as Record<symbol, { handle?: { fd: number } }>)[key]?.handle)
      .find(Boolean);
    expect(handle?.fd).toBeGreaterThan(0);
    expect(answers(handle?.fd)).toEqual(neither);
    udp.connect(udp.address().port, "127.0.0.1");
    await once(udp, "connect");
    expect(answers(handle?.fd)).toEqual(neither);
  });

  test("a Unix socket has no TCP_INFO, a TCP socket no peer credentials", async () => {
    const unix = await connectPair({ path: socketPath() });
    expect(answers(unix.accepted)).toMatchObject({ tcp: "ERR_SOCKINFO_NOT_TCP", tryTcp: "undefined", peer: "value" });
    const tcp = await connectPair();
    expect(answers(tcp.accepted)).toMatchObject({ tcp: "value", peer: "ERR_SOCKINFO_NOT_UNIX", tryPeer: "undefined" });
  });

  const listeningFd = (server: unknown) => (server as { _handle: { fd: number } })._handle.fd;

  test("a listening TCP socket: only getTcpInfoBytes returns a value", async () => {
    const fd = listeningFd(await listen(createServer()));
    expect(answers(fd)).toEqual({
      ...refused("ERR_SOCKINFO_NOT_CONNECTED"),
      bytes: "value",
      peer: "ERR_SOCKINFO_NOT_UNIX",
    });
  });

  test("a listening Unix socket, for which the kernel would return our own identity", async () => {
    const fd = listeningFd(await listen(createServer(), { path: socketPath() }));
    expect(answers(fd)).toEqual({ ...neither, peer: "ERR_SOCKINFO_NOT_CONNECTED" });
  });
});

describe("sockets without a connection", () => {
  test("a connecting one, before and after connect(2)", async () => {
    // A stopped process accepts nothing. Once its queue is full, Linux ignores further SYNs.
    const script =
      'const s = require("net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(s.address().port))';
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [line] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
    child.kill("SIGSTOP");
    const sockets = Array.from({ length: 8 }, () => createConnection(Number(line), "127.0.0.1"));
    onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
    for (const socket of sockets) {
      socket.on("error", () => {});
      expect(answers(socket)).toEqual(refused("ERR_SOCKINFO_NOT_CONNECTED"));
    }
    await sleep(200);
    const waiting = sockets.filter((socket) => socket.connecting);
    expect(waiting.length).toBeGreaterThan(0);
    for (const socket of waiting) {
      expect(answers(socket)).toEqual({
        ...refused("ERR_SOCKINFO_NOT_CONNECTED"),
        bytes: "value",
        peer: "ERR_SOCKINFO_NOT_UNIX",
      });
    }
  });

  test("a new one, which never connected", () => {
    expect(answers(new Socket())).toEqual(refused("ERR_SOCKINFO_NOT_CONNECTED"));
  });

  test.each([
    ["TCP", undefined],
    ["Unix", true],
  ])("a destroyed one, %s, at once and after 'close'", async (_name, unix) => {
    const { accepted } = await connectPair(unix ? { path: socketPath() } : undefined);
    accepted.destroy();
    expect(answers(accepted)).toEqual(refused("ERR_SOCKINFO_SOCKET_CLOSED"));
    await once(accepted, "close");
    expect(answers(accepted)).toEqual(refused("ERR_SOCKINFO_SOCKET_CLOSED"));
    expect(() => getFd(accepted)).toThrow(expect.objectContaining({ code: "ERR_SOCKINFO_SOCKET_CLOSED" }));
  });

  test("a destroyed one whose credentials were read before", async () => {
    const { accepted } = await connectPair({ path: socketPath() });
    expect(getPeerCredentials(accepted).uid).toBe(process.geteuid?.());
    accepted.destroy();
    expect(answers(accepted)).toMatchObject({ peer: "ERR_SOCKINFO_SOCKET_CLOSED", tryPeer: "undefined" });
  });

  test("one that the peer has reset and Node has not closed yet", async () => {
    const { client, accepted } = await connectPair();
    accepted.pause();
    client.resetAndDestroy();
    await once(client, "close");
    // On macOS the system call may fail with ECONNRESET.
    const gone = process.platform === "darwin" ? ["ERR_SOCKINFO_SOCKET_CLOSED"] : [];
    const answer = answers(accepted).tcp === "value" ? getTcpInfo(accepted).state : answers(accepted).tcp;
    expect(["CLOSED", "ESTABLISHED", ...gone]).toContain(answer);
  });
});
