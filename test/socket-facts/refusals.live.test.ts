// Sources without congestion control or options: each call fails with its documented code. Sockets that do not carry a
// connection yet, or no longer, still have both.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import http from "node:http";
import { createConnection, createServer, Socket } from "node:net";
import {
  getCongestionControl,
  getFd,
  getSocketOptions,
  SocketInfoError,
  type SocketSource,
  tryGetCongestionControl,
  tryGetSocketOptions,
} from "sockinfo";
import { describe, expect, onTestFinished, test } from "vitest";
import { connectPair, listen, portOf, socketPath, until } from "../helpers/servers";

/** The code that each function throws. "undefined" and "value" stand for what it returns. */
function answers(source: unknown): Record<"control" | "tryControl" | "options" | "tryOptions", string> {
  const codeOf = (call: (source: SocketSource) => unknown): string => {
    try {
      return call(source as SocketSource) === undefined ? "undefined" : "value";
    } catch (error) {
      expect(error).toBeInstanceOf(SocketInfoError);
      const { code, stack } = error as SocketInfoError;
      // The stack begins with the call, not with internals of sockinfo.
      expect(stack?.split("\n").find((line) => line.startsWith("    at "))).toContain("refusals.live.test.ts");
      return code;
    }
  };
  return {
    control: codeOf(getCongestionControl),
    tryControl: codeOf(tryGetCongestionControl),
    options: codeOf(getSocketOptions),
    tryOptions: codeOf(tryGetSocketOptions),
  };
}

const isMac = process.platform === "darwin";
const everywhere = (code: string) => ({ control: code, tryControl: code, options: code, tryOptions: code });
const refused = (code: string) => ({ control: code, tryControl: "undefined", options: code, tryOptions: "undefined" });
/** What depends on the descriptor. macOS has no congestion control of any socket. */
const onDescriptor = (expected: ReturnType<typeof answers>) =>
  isMac ? { ...expected, control: "ERR_SOCKINFO_UNSUPPORTED_PLATFORM", tryControl: "undefined" } : expected;

test.each([undefined, null, "", "socket", true, 1n, NaN, 1.5, -1, 2 ** 31])("a wrong argument: %o", (source) => {
  expect(answers(source)).toEqual(everywhere("ERR_SOCKINFO_INVALID_ARGUMENT"));
});

test.each([
  ["an object", {}],
  ["a server", http.createServer()],
])("no socket: %s", (_, source) => {
  expect(answers(source)).toEqual(refused("ERR_SOCKINFO_NO_SOCKET"));
});

test("a descriptor number that is not open", () => {
  const fd = openSync("/dev/null", "r");
  closeSync(fd);
  expect(answers(fd)).toEqual(onDescriptor(everywhere("EBADF")));
  expect(() => getSocketOptions(fd)).toThrow(expect.objectContaining({ errno: -9, syscall: "getsockopt" }));
});

describe("not TCP", () => {
  const notTcp = onDescriptor(refused("ERR_SOCKINFO_NOT_TCP"));

  test("a file", () => {
    const fd = openSync("/dev/null", "r");
    expect(answers(fd)).toEqual(notTcp);
    closeSync(fd);
  });

  test("a Unix socket, connected or listening", async () => {
    const { server, accepted } = await connectPair({ path: socketPath() });
    expect(answers(accepted)).toEqual(notTcp);
    expect(answers(getFd(server))).toEqual(notTcp);
  });

  test("a UDP socket", async () => {
    const udp = createSocket("udp4").bind(0, "127.0.0.1");
    onTestFinished(() => void udp.close());
    await once(udp, "listening");
    const handle = Object.getOwnPropertySymbols(udp)
      .map((key) => (udp as unknown as Record<symbol, { handle?: { fd: number } }>)[key]?.handle)
      .find(Boolean);
    expect(answers(handle?.fd)).toEqual(notTcp);
  });
});

describe("without a connection", () => {
  const value = onDescriptor(everywhere("value"));

  test("a new socket has no descriptor yet", () => {
    expect(answers(new Socket())).toEqual(refused("ERR_SOCKINFO_NOT_CONNECTED"));
  });

  test("a connecting socket has options as soon as it has a descriptor", async () => {
    const server = await listen(createServer());
    const socket = createConnection(portOf(server), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    await until(() => (socket as unknown as { _handle: { fd: number } })._handle.fd >= 0);
    expect(answers(socket)).toEqual(value);
  });

  test("a listener has options", async () => {
    expect(answers(getFd(await listen(createServer())))).toEqual(value);
  });

  test("a destroyed socket", async () => {
    const { accepted } = await connectPair();
    accepted.destroy();
    expect(answers(accepted)).toEqual(refused("ERR_SOCKINFO_SOCKET_CLOSED"));
    await once(accepted, "close");
    expect(answers(accepted)).toEqual(refused("ERR_SOCKINFO_SOCKET_CLOSED"));
  });

  test("a socket that the peer has reset has options until Node closes it", async () => {
    const { client, accepted } = await connectPair();
    accepted.pause();
    client.resetAndDestroy();
    await once(client, "close");
    expect([value, refused("ERR_SOCKINFO_SOCKET_CLOSED")]).toContainEqual(answers(accepted));
  });
});
