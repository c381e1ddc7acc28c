// hijackClientRequest() gets no connection: the promise rejects with the reason, and no listener is left.
import { once } from "node:events";
import { IncomingMessage, request, type ClientRequest, type RequestOptions } from "node:http";
import { Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { createRequire } from "node:module";
import { hijackClientRequest } from "sockinfo/hijack";
import { describe, expect, onTestFinished, test } from "vitest";
import { findFreePort } from "../helpers/servers";
import { host, makeAgent, requestOver, ScriptedConnection } from "./helpers/scripted";

const require = createRequire(import.meta.url);
const ANSWER = "HTTP/1.1 200 OK\r\n\r\n";

function silence(): Promise<RequestOptions> {
  return host(() => {}).then(({ options }) => options);
}

interface Failing {
  readonly code: string;
  readonly begin: () => Promise<ClientRequest>;
}

const FAILURES: Record<string, Failing> = {
  refused: { code: "ECONNREFUSED", begin: async () => request({ host: "127.0.0.1", port: await findFreePort() }) },
  "no such path": { code: "ENOENT", begin: async () => request({ socketPath: "/nowhere/at/all" }) },
  "reset before the response": {
    code: "ECONNRESET",
    begin: async () => request((await host((socket) => socket.resetAndDestroy())).options),
  },
  "ended before the response": {
    code: "ECONNRESET",
    begin: async () => request((await host((socket) => socket.end())).options),
  },
  "ended in the headers": {
    code: "ECONNRESET",
    begin: async () => request((await host((socket) => socket.end("HTTP/1.1 200 OK\r\nContent-"))).options),
  },
  "a response that is not HTTP": {
    code: "HPE_INVALID_CONSTANT",
    begin: async () => request((await host((socket) => socket.end("SSH-2.0-OpenSSH_9.9\r\n"))).options),
  },
  "destroyed before it has a connection": {
    code: "ECONNRESET",
    begin: async () => destroyed(request(await silence())),
  },
  "destroyed with an error": {
    code: "ETEST",
    begin: async () => destroyed(request(await silence()), Object.assign(new Error("test"), { code: "ETEST" })),
  },
  "destroyed while it waits for the response": {
    code: "ECONNRESET",
    begin: async () => {
      const waiting = request(await silence());
      waiting.once("finish", () => waiting.destroy());
      return waiting;
    },
  },
  "aborted while it waits for the response": {
    code: "ECONNRESET",
    begin: async () => {
      const waiting = request(await silence());
      waiting.once("finish", () => waiting.abort());
      return waiting;
    },
  },
  signal: {
    code: "ABORT_ERR",
    begin: async () => {
      const abort = new AbortController();
      const waiting = request({ ...(await silence()), signal: abort.signal });
      waiting.once("finish", () => abort.abort());
      return waiting;
    },
  },
  "its timeout": {
    code: "ECONNRESET",
    begin: async () => {
      const waiting = request({ ...(await silence()), timeout: 30 });
      return waiting.once("timeout", () => waiting.destroy());
    },
  },
  "the agent's timeout": {
    code: "ETEST",
    begin: async () => {
      const waiting = request({ ...(await silence()), agent: makeAgent({ timeout: 30 }) });
      return waiting.once("timeout", () => waiting.destroy(Object.assign(new Error("test"), { code: "ETEST" })));
    },
  },
  "createConnection throws": {
    code: "ETEST",
    begin: async () =>
      request({
        createConnection: () => {
          throw Object.assign(new Error("test"), { code: "ETEST" });
        },
      }),
  },
};

function destroyed(waiting: ClientRequest, error?: Error): ClientRequest {
  process.nextTick(() => waiting.destroy(error));
  return waiting;
}

function countListeners(emitter: ClientRequest): number {
  const counts = ["error", "close", "socket", "response", "upgrade", "connect"].map((event) =>
    emitter.listenerCount(event),
  );
  return counts.reduce((sum, count) => sum + count);
}

describe("the error of the request", () => {
  test.each(Object.entries(FAILURES))("%s: without any listener", async (_, { code, begin }) => {
    const failing = await begin();
    const before = countListeners(failing);
    failing.end();
    await expect(hijackClientRequest(failing)).rejects.toMatchObject({ code });
    await setTimeout(20);
    expect(countListeners(failing)).toBeLessThanOrEqual(before);
  });

  test.each(Object.entries(FAILURES))("%s: the same as for a listener of 'error'", async (_, { begin }) => {
    const failing = await begin();
    const errors: unknown[] = [];
    failing.on("error", (error) => errors.push(error));
    failing.end();
    const error: unknown = await hijackClientRequest(failing).catch((reason: unknown) => reason);
    expect(errors).toEqual([error]);
    expect(error).toBe(errors[0]);
  });
});

describe("ERR_SOCKINFO_SOCKET_CLOSED", () => {
  test("aborted before it has a connection, for which Node emits no error", async () => {
    const aborted = request(await silence());
    aborted.abort();
    await expect(hijackClientRequest(aborted)).rejects.toMatchObject({ code: "ERR_SOCKINFO_SOCKET_CLOSED" });
  });

  test("closed before the call", async () => {
    const closed = request({ host: "127.0.0.1", port: await findFreePort() });
    closed.once("error", () => {}).end();
    await new Promise((resolve) => closed.once("close", resolve));
    await expect(hijackClientRequest(closed)).rejects.toMatchObject({ code: "ERR_SOCKINFO_SOCKET_CLOSED" });
    // A second call is refused with the same code, because nothing was hijacked.
    await expect(hijackClientRequest(closed)).rejects.toMatchObject({ code: "ERR_SOCKINFO_SOCKET_CLOSED" });
  });
});

describe("ERR_SOCKINFO_HIJACKED", () => {
  test("while the first call waits, and after", async () => {
    const { options } = await host(ANSWER);
    const twice = request(options);
    const first = hijackClientRequest(twice);
    await expect(hijackClientRequest(twice)).rejects.toMatchObject({ code: "ERR_SOCKINFO_HIJACKED" });
    twice.end();
    const { socket } = await first;
    onTestFinished(() => void socket.destroy());
    await expect(hijackClientRequest(twice)).rejects.toMatchObject({ code: "ERR_SOCKINFO_HIJACKED" });
    expect(socket.destroyed).toBe(false);
  });
});

test("ERR_SOCKINFO_HIJACKED: by another copy of the package", async () => {
  const file = require.resolve("../../dist/hijack/bundle.js");
  const copies = [0, 1].map(() => {
    Reflect.deleteProperty(require.cache, file);
    return require(file) as { hijackClientRequest: typeof hijackClientRequest };
  });
  const shared = requestOver(new ScriptedConnection([`${ANSWER}hello`], { stays: true }));
  shared.end();
  const outcomes = await Promise.allSettled(copies.map((copy) => copy.hijackClientRequest(shared)));
  expect(outcomes).toMatchObject([
    { status: "fulfilled", value: { head: Buffer.from("hello"), socket: { destroyed: false } } },
    { status: "rejected", reason: { code: "ERR_SOCKINFO_HIJACKED" } },
  ]);
});

describe("ERR_SOCKINFO_INVALID_ARGUMENT", () => {
  const OTHERS = {
    undefined: undefined,
    null: null,
    text: "http://localhost/",
    object: {},
    response: new IncomingMessage(new Socket()),
  };
  test.each(Object.entries(OTHERS))("%s", async (_, value) => {
    await expect(hijackClientRequest(value as never)).rejects.toMatchObject({ code: "ERR_SOCKINFO_INVALID_ARGUMENT" });
  });
});

test.each(["bun", "deno"])("ERR_SOCKINFO_UNSUPPORTED_RUNTIME: %s", async (runtime) => {
  Object.defineProperty(process.versions, runtime, { value: "1.0.0", configurable: true });
  onTestFinished(() => void Reflect.deleteProperty(process.versions, runtime));
  const refused = requestOver(new ScriptedConnection([]));
  await expect(hijackClientRequest(refused)).rejects.toMatchObject({ code: "ERR_SOCKINFO_UNSUPPORTED_RUNTIME" });
  expect(countListeners(refused)).toBe(0);
});

test("ERR_SOCKINFO_UNSUPPORTED_RUNTIME: a Node with another parser, and the request goes on", async () => {
  const other = requestOver(new ScriptedConnection([`${ANSWER}hello`]));
  const parsers: { onIncoming: unknown }[] = [];
  let onIncoming: unknown;
  other.once("socket", () => {
    const { parser } = other as ClientRequest & { parser: { onIncoming: unknown } };
    parsers.push(parser);
    ({ onIncoming } = parser);
    parser.onIncoming = undefined;
  });
  other.end();
  await expect(hijackClientRequest(other)).rejects.toMatchObject({ code: "ERR_SOCKINFO_UNSUPPORTED_RUNTIME" });
  for (const parser of parsers) parser.onIncoming = onIncoming;
  const [response] = await once(other, "response");
  expect(response.statusCode).toBe(200);
});

test("a stream that never answers: the promise stays pending until the stream is destroyed", async () => {
  const connection = new ScriptedConnection([], { stays: true });
  const waiting = requestOver(connection);
  const promise = hijackClientRequest(waiting);
  let isSettled = false;
  promise.then(
    () => (isSettled = true),
    () => (isSettled = true),
  );
  waiting.end();
  await setTimeout(30);
  expect(isSettled).toBe(false);
  connection.destroy();
  await expect(promise).rejects.toMatchObject({ code: "ECONNRESET" });
});
