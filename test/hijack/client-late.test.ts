// requestHijack() called with the response: what has been parsed of its body is given back, or the call refused.
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { get, type ClientRequest, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { setImmediate, setTimeout } from "node:timers/promises";
import { requestHijack } from "sockinfo/hijack";
import { describe, expect, onTestFinished, test } from "vitest";
import { until } from "../helpers/servers";
import { cuts, host, makeAgent, readAll, requestOver, ScriptedConnection } from "./helpers/scripted";

const RAW = "\r\n5\r\nhello\r\n0\r\n\r\nHTTP/1.1 500 No\r\n\r\n\x00\xff";
const UNTIL_END = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n";
const BODIES = {
  "until the end": UNTIL_END,
  "HTTP/1.0": "HTTP/1.0 200 OK\r\n\r\n",
  "a length that is not reached": `HTTP/1.1 200 OK\r\nContent-Length: ${RAW.length + 1}\r\n\r\n`,
};

/** Hijacks in a listener of 'response'. */
function hijackOnResponse(request: ClientRequest): ReturnType<typeof requestHijack> {
  request.end();
  return new Promise((resolve) => {
    request.once("response", () => resolve(requestHijack(request)));
  });
}

/** What has come by now. From Node 26 on, read() without a length gives the first piece only. */
function readBuffered(socket: Socket): string {
  if (socket.readableLength === 0) socket.read(0);
  const bytes = socket.read(socket.readableLength) as Buffer | null;
  return bytes?.toString("latin1") ?? "";
}

describe.each(Object.entries(BODIES))("%s", (_, text) => {
  test("in a listener of 'response', cut anywhere", async () => {
    for (const pieces of cuts(text + RAW)) {
      const request = requestOver(new ScriptedConnection(pieces));
      const { response, socket, head } = await hijackOnResponse(request);
      expect(response.statusCode).toBe(200);
      const isBehindHeaders = pieces[0].length >= text.length;
      expect(head.toString("latin1")).toBe(isBehindHeaders ? pieces[0].slice(text.length) : RAW);
      expect(await readAll(socket)).toBe(isBehindHeaders ? pieces[1] : "");
      expect(await readAll(response)).toBe("");
    }
  });

  test.each([0, 1, 2, 5, 20, 200])("byte by byte, and called after %i turns of the event loop", async (turns) => {
    const request = requestOver(new ScriptedConnection((text + RAW).split(""), { stays: true }));
    request.end();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    for (let turn = 0; turn < turns; turn++) await setImmediate();
    const hijacked = await requestHijack(request);
    expect(hijacked.response).toBe(response);
    expect(request).toMatchObject({ res: response });
    const { socket, head } = hijacked;
    await until(() => head.length + socket.readableLength === RAW.length);
    const rest = readBuffered(socket);
    expect(head.toString("latin1") + rest).toBe(RAW);
    if (turns === 200) expect(rest).toBe("");
  });
});

test("megabytes, most of them held back until the hijacker reads", async () => {
  const bytes = randomBytes(8 * 1024 * 1024);
  const { options } = await host((socket) => {
    socket.write(UNTIL_END);
    socket.end(bytes);
  });
  const request = get(options);
  await once(request, "response");
  await setTimeout(50);
  const { socket, head } = await requestHijack(request);
  const hash = createHash("sha256").update(head);
  for await (const piece of socket) hash.update(piece as Buffer);
  expect(hash.digest("hex")).toBe(createHash("sha256").update(bytes).digest("hex"));
});

test("the response ends for those who wait for its body", async () => {
  const request = requestOver(new ScriptedConnection([UNTIL_END, RAW], { stays: true }));
  request.end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const body = readAll(response);
  const { head, socket } = await requestHijack(request);
  expect(await body).toBe("");
  expect(response.complete).toBe(true);
  await setImmediate();
  expect(head.toString("latin1") + readBuffered(socket)).toBe(RAW);
  expect(socket.destroyed).toBe(false);
});

const LENGTH_5 = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const CHUNKS = "5\r\nhello\r\n0\r\n\r\n";

describe("refused where bytes may be lost, and the response is as it was", () => {
  const REFUSED: Record<string, { pieces: string[]; method?: string; body?: string }> = {
    "chunked, not begun": { pieces: [CHUNKED, CHUNKS] },
    "chunked, complete": { pieces: [CHUNKED + CHUNKS] },
    "another coding": { pieces: ["HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "hello"] },
    "complete with the headers": { pieces: [`${LENGTH_5}hello`] },
    "without length": { pieces: ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"], body: "" },
    "204": { pieces: ["HTTP/1.1 204 No Content\r\n\r\n"], body: "" },
    "304": { pieces: ["HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"], body: "" },
    HEAD: { pieces: [LENGTH_5], method: "HEAD", body: "" },
  };
  test.each(Object.entries(REFUSED))("%s", async (_, { pieces, method = "GET", body = "hello" }) => {
    const request = requestOver(new ScriptedConnection(pieces), { method });
    const code = hijackOnResponse(request).catch((error: { code: string }) => error.code);
    const [response] = (await once(request, "response")) as [IncomingMessage];
    expect(await code).toBe("ERR_SOCKINFO_BYTES_PARSED");
    expect(await readAll(response)).toBe(body);
    expect(response.complete).toBe(true);
    expect(request.listenerCount("upgrade") + request.listenerCount("error") + request.listenerCount("close")).toBe(0);
  });

  test("complete with the headers, and garbage behind: no error but the promise's", async () => {
    const request = requestOver(new ScriptedConnection([`${LENGTH_5}hello!`]));
    await expect(hijackOnResponse(request)).rejects.toMatchObject({ code: "ERR_SOCKINFO_BYTES_PARSED" });
    expect(request.destroyed).toBe(true);
  });

  test.each([
    ["with the headers", `${LENGTH_5}hello`, ""],
    ["later", `${LENGTH_5}he`, "llo"],
  ])("complete %s: the connection stays the agent's", async (when, begin, rest) => {
    const agent = makeAgent({ keepAlive: true });
    const { options, received } = await host((socket) => {
      socket.write(begin);
      if (rest) global.setTimeout(() => socket.write(rest), 30);
      socket.on("data", () => socket.write(`${LENGTH_5}again`));
    });
    const request = get({ ...options, agent });
    const response = once(request, "response") as Promise<[IncomingMessage]>;
    const completed = async (): ReturnType<typeof requestHijack> => {
      const [incoming] = await response;
      await until(() => incoming.complete);
      return requestHijack(request);
    };
    const call = when === "later" ? completed() : hijackOnResponse(request);
    await expect(call).rejects.toMatchObject({ code: "ERR_SOCKINFO_BYTES_PARSED" });
    const isFree = once(agent, "free");
    expect(await readAll((await response)[0])).toBe("hello");
    await isFree;
    const [again] = (await once(get({ ...options, agent }), "response")) as [IncomingMessage];
    expect(await readAll(again)).toBe("again");
    expect(received).toHaveLength(1);
  });

  const READERS: Record<string, (response: IncomingMessage) => unknown> = {
    "a listener of 'data'": (response) => response.on("data", () => {}),
    "a paused listener of 'data'": (response) => response.on("data", () => {}).pause(),
    "resume()": (response) => response.resume(),
    "pipe()": (response) => response.pipe(new PassThrough()),
    "setEncoding()": (response) => response.setEncoding("utf8"),
    "read()": (response) => response.read(1),
  };
  test.each(Object.entries(READERS))("%s", async (_, beginToRead) => {
    const request = requestOver(new ScriptedConnection([`${UNTIL_END}hello`], { stays: true }));
    request.end();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    await setImmediate();
    beginToRead(response);
    await expect(requestHijack(request)).rejects.toMatchObject({ code: "ERR_SOCKINFO_BYTES_PARSED" });
    expect(request.destroyed).toBe(false);
  });

  test("nobody listens to 'response', so that the body is dropped", async () => {
    const request = requestOver(new ScriptedConnection([UNTIL_END, "hello"], { stays: true }));
    request.end();
    await until(() => (request as ClientRequest & { res: unknown }).res !== null);
    await expect(requestHijack(request)).rejects.toMatchObject({ code: "ERR_SOCKINFO_BYTES_PARSED" });
  });

  test("back in the agent's pool", async () => {
    const agent = makeAgent({ keepAlive: true });
    const { options } = await host(`${LENGTH_5}hello`);
    const request = get({ ...options, agent });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    await Promise.all([readAll(response), once(agent, "free")]);
    await expect(requestHijack(request)).rejects.toMatchObject({ code: "ERR_SOCKINFO_BYTES_PARSED" });
    expect(Object.values(agent.freeSockets).flat()).toHaveLength(1);
  });

  test("the connection has ended", async () => {
    const { options } = await host((socket) => socket.end(`${UNTIL_END}hello`));
    const request = get(options);
    const [response] = (await once(request, "response")) as [IncomingMessage];
    await once(request, "close");
    await expect(requestHijack(request)).rejects.toMatchObject({ code: "ERR_SOCKINFO_SOCKET_CLOSED" });
    expect(await readAll(response)).toBe("hello");
  });

  test.each(["upgrade", "connect"])("'%s' has the connection", async (event) => {
    const method = event === "connect" ? "CONNECT" : "GET";
    const upgrade = "HTTP/1.1 101 Upgraded\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
    const request = requestOver(new ScriptedConnection([upgrade], { stays: true }), { method });
    request.end();
    const [, socket] = await once(request, event);
    await expect(requestHijack(request)).rejects.toMatchObject({ code: "ERR_SOCKINFO_HIJACKED" });
    expect(socket.destroyed).toBe(false);
    onTestFinished(() => socket.destroy());
  });
});
