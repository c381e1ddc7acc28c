// After hijackClientRequest() only the caller uses the connection. The agent does not count it, and no timeout or
// object of Node's HTTP client affects it.
import { once } from "node:events";
import { request as requestHttp, type Agent, type ClientRequest, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { connect, type Socket } from "node:net";
import { setImmediate, setTimeout } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { hijackClientRequest } from "sockinfo/hijack";
import { describe, expect, onTestFinished, test } from "vitest";
import { until } from "../helpers/servers";
import { host, makeAgent, readAll, receive, type Host, type Kind } from "./helpers/scripted";

const ANSWER = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const LENGTH_5 = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

function start(kind: Kind, options: RequestOptions): ClientRequest {
  const request = kind === "https" ? requestHttps(options) : requestHttp(options);
  request.end();
  return request;
}

async function hijack(request: ClientRequest): ReturnType<typeof hijackClientRequest> {
  const hijacked = await hijackClientRequest(request);
  hijacked.socket.on("error", () => {});
  onTestFinished(() => void hijacked.socket.destroy());
  return hijacked;
}

/** Checks that both directions work. */
async function converse(socket: Socket): Promise<void> {
  const echo = receive(socket, 4);
  socket.write("ping");
  expect(await echo).toBe("ping");
}

function countOf(agent: Agent): { sockets: number; free: number; requests: number; total: number } {
  const { sockets, freeSockets, requests } = agent;
  const [used, free, waiting] = [sockets, freeSockets, requests].map((lists) => Object.values(lists).flat().length);
  const { totalSocketCount } = agent as Agent & { totalSocketCount: number };
  return { sockets: used ?? 0, free: free ?? 0, requests: waiting ?? 0, total: totalSocketCount };
}

/** Leaves out nameless listeners: those of this test, and of the session cache of an https agent. */
function leftOn(socket: Socket): string[] {
  // sockinfo keeps errors with these two until the owner listens.
  const ours = ["error: keep", "newListener: onNewListener"];
  return listenersOf(socket)
    .filter((listener) => !/^(?:error|close|session): (?:bound onceWrapper)?$/.test(listener))
    .filter((listener) => !ours.includes(listener));
}

/** The names of a socket's listeners, such as "end: onReadableStreamEnd". */
function listenersOf(socket: Socket): string[] {
  return socket.eventNames().flatMap((event) => socket.listeners(event).map(({ name }) => `${String(event)}: ${name}`));
}

/** The listeners of a connection that no HTTP client has used. */
async function listenersOfFresh(kind: Kind, { port, socketPath }: RequestOptions): Promise<string[]> {
  const place = socketPath ? { path: socketPath } : { host: "127.0.0.1", port: Number(port) };
  const socket = kind === "https" ? connectTls({ ...place, rejectUnauthorized: false }) : connect(place);
  onTestFinished(() => void socket.destroy());
  await once(socket, kind === "https" ? "secureConnect" : "connect");
  return listenersOf(socket);
}

describe.each(["http", "https", "unix"] as const)("%s", (kind) => {
  test("both directions, and nothing is left of Node's HTTP client", async () => {
    const { options, received } = await host(`${ANSWER}welcome`, kind);
    const { response, socket, head } = await hijack(start(kind, { ...options, timeout: 10_000 }));
    expect(response.statusCode).toBe(200);
    expect(head.toString()).toBe("welcome");
    await converse(socket);
    expect(received[0]?.endsWith("\r\n\r\nping")).toBe(true);
    expect(socket.timeout).toBe(0);
    expect(socket).toMatchObject({ parser: null, _httpMessage: null });
    expect(await listenersOfFresh(kind, options)).toEqual(expect.arrayContaining(leftOn(socket)));
  });

  test("a connection that has served before", async () => {
    const agent =
      kind === "https"
        ? new HttpsAgent({ keepAlive: true, timeout: 10_000 })
        : makeAgent({ keepAlive: true, timeout: 10_000 });
    onTestFinished(() => agent.destroy());
    const { options, received } = await host((socket) => {
      socket.write(LENGTH_5);
      socket.once("data", () => {
        socket.write(`${ANSWER}welcome`);
        socket.pipe(socket);
      });
    }, kind);
    const first = start(kind, { ...options, agent });
    const [response] = await once(first, "response");
    await Promise.all([readAll(response), once(agent, "free")]);
    expect(countOf(agent)).toEqual({ sockets: 0, free: 1, requests: 0, total: 1 });

    const request = start(kind, { ...options, agent });
    const { socket, head } = await hijack(request);
    expect(request.reusedSocket).toBe(true);
    expect(head.toString()).toBe("welcome");
    expect(countOf(agent)).toEqual({ sockets: 0, free: 0, requests: 0, total: 0 });
    expect(received).toHaveLength(1);
    agent.destroy();
    await converse(socket);
  });
});

describe("the agent", () => {
  test("opens another connection for waiting requests", async () => {
    const agent = makeAgent({ maxSockets: 1, keepAlive: true });
    const { options, received } = await host(ANSWER);
    const [one, two, three] = [0, 1, 2].map(() => start("http", { ...options, agent })) as [
      ClientRequest,
      ClientRequest,
      ClientRequest,
    ];
    expect(countOf(agent)).toEqual({ sockets: 1, free: 0, requests: 2, total: 1 });
    const second = hijack(two);
    const first = await hijack(one);
    expect(countOf(agent)).toEqual({ sockets: 1, free: 0, requests: 1, total: 1 });
    const hijacked = [first, await second, await hijack(three)];
    expect(countOf(agent)).toEqual({ sockets: 0, free: 0, requests: 0, total: 0 });
    expect(received).toHaveLength(3);
    for (const { socket } of hijacked) await converse(socket);
    for (const { socket } of hijacked) socket.destroy();
    await setImmediate();
    expect(countOf(agent)).toEqual({ sockets: 0, free: 0, requests: 0, total: 0 });
  });
});

describe("no timeout is left", () => {
  const TIMEOUTS: Record<string, (options: RequestOptions) => ClientRequest> = {
    "of the request": (options) => start("http", { ...options, timeout: 20 }),
    "of setTimeout()": (options) => start("http", options).setTimeout(20),
    "of the agent": (options) => start("http", { ...options, agent: makeAgent({ timeout: 20 }) }),
    "of an agent with keepAlive": (options) =>
      start("http", { ...options, agent: makeAgent({ timeout: 20, keepAlive: true }) }),
  };
  test.each(Object.entries(TIMEOUTS))("%s", async (_, begin) => {
    const { options } = await host("HTTP/1.1 200 OK\r\n\r\n");
    const request = begin(options);
    const { socket } = await hijack(request);
    let timeouts = 0;
    request.on("timeout", () => timeouts++);
    socket.on("timeout", () => timeouts++);
    await setTimeout(60);
    expect(timeouts).toBe(0);
    await converse(socket);
  });
});

describe("request and response don't affect the connection any more", () => {
  type Hijacked = Awaited<ReturnType<typeof hijack>> & {
    request: ClientRequest;
    abort: AbortController;
    answeredBy: Host;
  };

  async function begin(options: RequestOptions = {}, isEnded = true): Promise<Hijacked> {
    const answeredBy = await host("HTTP/1.1 200 OK\r\n\r\n");
    const abort = new AbortController();
    const request = requestHttp({ ...answeredBy.options, ...options, signal: abort.signal });
    if (isEnded) request.end();
    else request.write("begun");
    return { ...(await hijack(request)), request, abort, answeredBy };
  }

  const ENDS: Record<string, (hijacked: Hijacked) => unknown> = {
    "request.destroy()": ({ request }) => request.destroy(),
    "request.destroy(error)": ({ request }) => request.destroy(new Error("too late")),
    "request.abort()": ({ request }) => request.abort(),
    "its signal": ({ abort }) => abort.abort(),
    "response.destroy()": ({ response }) => response.destroy(),
    "response.destroy(error)": ({ response }) => response.on("error", () => {}).destroy(new Error("too late")),
    "response.resume()": ({ response }) => response.resume(),
    "a loop over the response that is left early": async ({ response }) => {
      for await (const _ of response) break;
    },
  };
  test.each(Object.entries(ENDS))("%s", async (_, end) => {
    const hijacked = await begin();
    await end(hijacked);
    await setTimeout(10);
    expect(hijacked.socket.destroyed).toBe(false);
    await converse(hijacked.socket);
  });

  test.each(["POST", "GET"])("later writes to an unfinished %s are not sent", async (method) => {
    const headers = { "transfer-encoding": "chunked" };
    const { request, socket, answeredBy } = await begin({ method, headers }, false);
    const before = answeredBy.received[0];
    expect(before?.endsWith("\r\n\r\n5\r\nbegun\r\n")).toBe(true);
    const code = new Promise((resolve) => {
      request.write("more", (error) => resolve((error as { code?: string } | null)?.code));
    });
    expect(await code).toBe("ERR_STREAM_DESTROYED");
    request.end();
    await converse(socket);
    expect(answeredBy.received[0]).toBe(`${before}ping`);
  });

  test("earlier writes to the request are sent first", async () => {
    const { options, received } = await host(ANSWER);
    const request = requestHttp({ ...options, method: "POST" });
    const body = "x".repeat(4 * 1024 * 1024);
    request.end(body);
    const { socket } = await hijack(request);
    socket.resume().write("ping");
    await until(() => received[0]?.endsWith("ping") === true);
    expect(received[0]?.split("\r\n\r\n")[1]).toBe(`${body}ping`);
  });
});

describe("listeners of the request", () => {
  const UPGRADED = "HTTP/1.1 101 Upgraded\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
  test.each([
    ["response", "GET", ANSWER],
    ["upgrade", "GET", UPGRADED],
    ["upgrade", "GET", ANSWER],
    ["connect", "CONNECT", ANSWER],
  ])("'%s' is not emitted (%s)", async (event, method, answer) => {
    const { options } = await host(answer);
    const calls: string[] = [];
    const request = start("http", { ...options, method });
    request.on(event, () => calls.push(event));
    const hijacked = hijack(request);
    request.on(event, () => calls.push(event));
    const { socket } = await hijacked;
    await converse(socket);
    expect(calls).toEqual([]);
  });

  test("'close' and 'finish' are emitted", async () => {
    const { options } = await host(ANSWER);
    const request = start("http", options);
    const events = Promise.all([once(request, "close"), once(request, "finish")]);
    await hijack(request);
    await events;
  });
});

test("after the server's end, we can go on writing", async () => {
  const { options, received } = await host((socket) => socket.end(`${ANSWER}bye`));
  const { socket, head } = await hijack(start("http", options));
  let text = head.toString();
  socket.on("data", (data) => (text += String(data)));
  await once(socket, "end");
  expect(text).toBe("bye");
  expect(socket.writableEnded).toBe(false);
  socket.end("and on");
  await until(() => received[0]?.endsWith("and on") === true);
});

test("after our end, the server can go on writing", async () => {
  const { options } = await host((socket) => {
    socket.write(ANSWER);
    socket.on("end", () => void setTimeout(20).then(() => socket.end("bye")));
  });
  const { socket } = await hijack(start("http", options));
  socket.end();
  expect(await readAll(socket)).toBe("bye");
});
