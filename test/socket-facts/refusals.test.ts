// What getSocketMemory, getQueuedBytes and getMptcpInfo refuse, and what their try forms return then.
import { closeSync, openSync } from "node:fs";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, Socket } from "node:net";
import {
  getFd,
  getMptcpInfo,
  getQueuedBytes,
  getSocketMemory,
  SocketInfoError,
  tryGetMptcpInfo,
  tryGetQueuedBytes,
  tryGetSocketMemory,
} from "sockinfo";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { runNode } from "../helpers/child";
import { connectPair, listen, socketPath } from "../helpers/servers";
import { connectInVain } from "./helpers/connect-in-vain";

type Call = (source: never) => unknown;
const GETTERS: readonly [name: string, get: Call, tryGet: Call][] = [
  ["getSocketMemory", getSocketMemory, tryGetSocketMemory],
  ["getQueuedBytes", getQueuedBytes, tryGetQueuedBytes],
  ["getMptcpInfo", getMptcpInfo, tryGetMptcpInfo],
];

/** The code that each getter throws, or "a result". Checks its try form. */
function codesOf(source: unknown): Record<string, string> {
  return Object.fromEntries(
    GETTERS.map(([name, get, tryGet]) => {
      const [error, tried] = [attempt(get, source), attempt(tryGet, source)];
      if (!(error instanceof SocketInfoError)) return [name, "a result"];
      if (tried instanceof SocketInfoError) expect(tried).toMatchObject({ code: error.code });
      else expect(tried).toBeUndefined();
      expect(error.stack?.split("\n")[1]).toContain("attempt");
      return [name, tried === undefined ? error.code : `${error.code}, also from the try form`];
    }),
  );
}

function attempt(call: Call, source: unknown): unknown {
  try {
    return call(source as never);
  } catch (error) {
    return error;
  }
}

const all = (code: string) => ({ getSocketMemory: code, getQueuedBytes: code, getMptcpInfo: code });

describe("each getter refuses", () => {
  test.each([undefined, null, "3000", true, -1, 1.5, NaN, 2 ** 31].map((source) => [source]))("%o", (source) => {
    expect(codesOf(source)).toEqual(all("ERR_SOCKINFO_INVALID_ARGUMENT, also from the try form"));
  });

  test("an object that leads to no socket, and a socket that was never connected", () => {
    expect(codesOf({})).toEqual(all("ERR_SOCKINFO_NO_SOCKET"));
    expect(codesOf(new Socket())).toEqual(all("ERR_SOCKINFO_NOT_CONNECTED"));
  });

  test("a closed connection", async () => {
    const { client } = await connectPair();
    client.destroy();
    expect(codesOf(client)).toEqual(all("ERR_SOCKINFO_SOCKET_CLOSED"));
  });

  test("a descriptor that is not open", () => {
    const fd = openSync("/dev/null", "r");
    closeSync(fd);
    expect(codesOf(fd)).toEqual(all("EBADF, also from the try form"));
  });
});

describe.skipIf(lacks("linux"))("on Linux", () => {
  test("a TCP connection is not an MPTCP connection", async () => {
    const { accepted } = await connectPair();
    expect(codesOf(accepted)).toEqual({ ...all("a result"), getMptcpInfo: "ERR_SOCKINFO_NOT_MPTCP" });
  });

  test("a listener has only memory", async () => {
    const server = await listen(createServer());
    expect(codesOf(getFd(server))).toEqual({
      getSocketMemory: "a result",
      getQueuedBytes: "ERR_SOCKINFO_NOT_CONNECTED",
      getMptcpInfo: "ERR_SOCKINFO_NOT_CONNECTED",
    });
  });

  test("a connecting socket has only memory", async () => {
    const socket = await connectInVain();
    const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
    for (const source of [socket, fd]) {
      expect(codesOf(source)).toEqual({ ...all("ERR_SOCKINFO_NOT_CONNECTED"), getSocketMemory: "a result" });
    }
    expect(() => getMptcpInfo(fd)).toThrow("still connecting");
  });

  test("a server, and the message says what to pass", () => {
    expect(codesOf(createServer())).toEqual(all("ERR_SOCKINFO_NO_SOCKET"));
    expect(() => getSocketMemory(createServer() as never)).toThrow("getFd(server)");
  });

  const notTcp = {
    getSocketMemory: "a result",
    getQueuedBytes: "ERR_SOCKINFO_NOT_TCP",
    getMptcpInfo: "ERR_SOCKINFO_NOT_TCP",
  };

  test("a Unix socket has only memory", async () => {
    const { accepted } = await connectPair({ path: socketPath() });
    expect(codesOf(accepted)).toEqual(notTcp);
  });

  test("a UDP socket has only memory", async () => {
    const udp = createSocket("udp4").bind(0, "127.0.0.1");
    await once(udp, "listening");
    onTestFinished(() => void udp.close());
    const state = Object.getOwnPropertySymbols(udp).find(({ description }) => description === "state symbol");
    const { handle } = (udp as unknown as Record<symbol, { handle: { fd: number } }>)[state as symbol] as {
      handle: { fd: number };
    };
    expect(codesOf(handle.fd)).toEqual(notTcp);
  });

  test.each(["/dev/null", "/dev/tty", import.meta.filename])("a descriptor of %s is no socket's", (path) => {
    let file = -1;
    try {
      file = openSync(path, "r");
    } catch {
      return; // No terminal here.
    }
    onTestFinished(() => closeSync(file));
    expect(codesOf(file)).toEqual({ ...notTcp, getSocketMemory: "ERR_SOCKINFO_NO_SOCKET" });
  });
});

test.skipIf(lacks("linux"))("other platforms and runtimes", () => {
  const script = (prepare: string, source: string) => `
    ${prepare}
    const names = ["SocketMemory", "QueuedBytes", "MptcpInfo"];
    const show = (call) => { try { return String(call(${source})); } catch (error) { return error.code; } };
    console.log(names.flatMap((name) => [show(sockinfo["get" + name]), show(sockinfo["tryGet" + name])]).join(" "));`;
  const windows = 'Object.defineProperty(process, "platform", { value: "win32" });';
  const bun = 'Object.defineProperty(process.versions, "bun", { value: "1.4.5" });';
  const each = (code: string) => Array.from({ length: 3 }, () => `${code} undefined`).join(" ");
  expect(runNode(script(windows, "0")).stdout).toBe(each("ERR_SOCKINFO_UNSUPPORTED_PLATFORM"));
  expect(runNode(script(bun, "new (require('net').Socket)()")).stdout).toBe(each("ERR_SOCKINFO_UNSUPPORTED_RUNTIME"));
});
