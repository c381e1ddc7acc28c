// examples/connection-log, context, slow-clients and unix-daemon.mjs do as documented, each as a process of its own.
import { type ChildProcess, spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import http from "node:http";
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../helpers/docs";
import { lacks } from "../helpers/needs";
import { findFreePort, socketPath, until } from "../helpers/servers";

function start(example: string, parameters: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const file = join(root, "examples", example);
  const flags = example.endsWith(".mts") ? ["--import", "tsx"] : [];
  const child = spawn(process.execPath, [...flags, file, ...parameters], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return { child, nextOutput: linesOf(child.stdout), nextError: linesOf(child.stderr) };
}

/** Returns a function that waits for the next line of a stream. */
function linesOf(stream: ChildProcessByStdio<null, Readable, Readable>["stdout"]): () => Promise<string> {
  const lines = createInterface(stream)[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("the example has ended");
    return value;
  };
}

async function connect(port: number): Promise<Socket> {
  const socket = createConnection({ port, host: "localhost" });
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** Sends a request and waits for the end of its answer. */
async function request(socket: Socket): Promise<void> {
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  let answer = "";
  while (!answer.endsWith("ok\n")) answer += String((await once(socket, "data"))[0]);
}

const onLinux = (count: number): unknown => (process.platform === "linux" ? count : expect.anything());

test("connection-log prints a line for each connection, with the reason for its end", async () => {
  const port = await findFreePort();
  const { child, nextOutput, nextError } = start("connection-log/server.mjs", [], { PORT: String(port) });
  expect(await nextError()).toBe(`curl http://localhost:${port}`);
  const nextLine = async (): Promise<unknown> => JSON.parse(await nextOutput());

  const orderly = await connect(port);
  const remote = { port: orderly.localPort };
  await request(orderly);
  await request(orderly);
  orderly.end();
  expect(await nextLine()).toMatchObject({
    id: 1,
    remote,
    requests: 2,
    abortedRequests: 0,
    closeReason: "client-end",
    bytesSent: onLinux(orderly.bytesRead),
    // The FIN counts as a byte.
    bytesReceived: onLinux(orderly.bytesWritten + 1),
  });

  const broken = await connect(port);
  await request(broken);
  broken.resetAndDestroy();
  expect(await nextLine()).toMatchObject({
    id: 2,
    requests: 1,
    closeReason: "client-reset",
    error: expect.stringContaining("ECONNRESET"),
  });

  const garbage = await connect(port);
  garbage.end("no HTTP\r\n\r\n");
  expect(await nextLine()).toMatchObject({ id: 3, requests: 0, closeReason: "protocol-error" });

  const idle = await connect(port);
  await request(idle);
  child.kill("SIGTERM");
  expect(await nextLine()).toMatchObject({ id: 4, requests: 1, closeReason: "server-destroy" });
  expect(await once(child, "exit")).toEqual([0, null]);
});

test("context is made once for each connection, and its requests find it; the server removes its socket", async () => {
  const path = socketPath();
  const { child, nextOutput } = start("context/server.mts", [path]);
  expect(await nextOutput()).toBe(`curl --unix-socket ${path} http://localhost`);
  const ask = async (agent: http.Agent): Promise<unknown> => {
    const [response] = (await once(http.get({ socketPath: path, agent }), "response")) as [http.IncomingMessage];
    const body = await text(response);
    return body === "" ? response.statusCode : JSON.parse(body);
  };
  const newAgent = (): http.Agent => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    return agent;
  };
  const [first, second] = [newAgent(), newAgent()];
  const caller = { uid: process.getuid?.(), pid: process.pid };

  expect(await ask(first)).toEqual({ connection: 1, ...caller, requestsLeft: 2 });
  expect(await ask(second)).toEqual({ connection: 2, ...caller, requestsLeft: 2 });
  expect(await ask(first)).toEqual({ connection: 1, ...caller, requestsLeft: 1 });
  expect(await ask(first)).toEqual({ connection: 1, ...caller, requestsLeft: 0 });
  expect(await ask(first)).toBe(429);
  expect(await ask(second)).toEqual({ connection: 2, ...caller, requestsLeft: 1 });
  await expectSocketRemoved(child, path);
});

test("context: a user who is not allowed gets no answer", async () => {
  const path = socketPath();
  const ours = process.getuid?.() ?? NaN;
  const { nextOutput, nextError } = start("context/server.mts", [path], { ALLOWED_UIDS: String(ours + 1) });
  await nextOutput();
  const asked = http.get({ socketPath: path, agent: false });
  const [error] = (await once(asked, "error")) as [NodeJS.ErrnoException];
  expect(error.code).toBeOneOf(["ECONNRESET", "EPIPE"]);
  expect(await nextError()).toBe(`uid ${ours} may not connect`);
});

test.skipIf(lacks("root"))("context: another user who is allowed is answered by id", async () => {
  const path = socketPath();
  const other = 65_534;
  const { nextOutput } = start("context/server.mts", [path], { ALLOWED_UIDS: String(other) });
  await nextOutput();
  // The process changes its user itself, because the other user may not be allowed to run this Node binary.
  const become = `process.setgid(${other}); process.setuid(${other});`;
  const script = `${become} require("node:http").get(${JSON.stringify({ socketPath: path })}, (res) => res.pipe(process.stdout))`;
  const child = spawn(process.execPath, ["-e", script], { cwd: "/", stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  expect(JSON.parse(await text(child.stdout))).toEqual({ connection: 1, uid: other, pid: child.pid, requestsLeft: 2 });
});

// Otherwise each further request would be another subscriber, whose events Node keeps until the first response ends.
test("slow-clients: a client that sends a second request on its connection is dropped, the others get events", async () => {
  const port = await findFreePort();
  const { nextOutput, nextError } = start("slow-clients/server.mjs", [], { PORT: String(port) });
  await nextError();
  const GET = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const subscribe = async (bytes: string) => {
    const socket = await connect(port);
    let received = "";
    socket.on("error", () => {}).on("data", (data) => (received += String(data)));
    socket.write(bytes);
    const events = () => received.split("data: ").length - 1;
    /** Resolves to true when the server has closed the connection, to false after so many more events. */
    const isDropped = async (limit = 3): Promise<boolean> => {
      const enough = events() + limit;
      await until(() => socket.destroyed || events() >= enough);
      return socket.destroyed;
    };
    return { socket, isDropped };
  };

  const first = await subscribe(GET);
  expect(await first.isDropped()).toBe(false);
  // In one chunk, and one after the other.
  const second = await subscribe(GET.repeat(2000));
  expect(await second.isDropped()).toBe(true);
  expect(JSON.parse(await nextOutput())).toMatchObject({ id: 2, closeReason: "server-destroy" });
  const third = await subscribe(GET);
  expect(await third.isDropped()).toBe(false);
  third.socket.write(GET);
  expect(await third.isDropped(20)).toBe(true);
  expect(JSON.parse(await nextOutput())).toMatchObject({ id: 3, closeReason: "server-destroy" });
  expect(await first.isDropped()).toBe(false);
});

test("unix-daemon.mjs removes its socket", async () => {
  const path = socketPath();
  const { child, nextOutput } = start("unix-daemon.mjs", [path]);
  await nextOutput();
  await expectSocketRemoved(child, path);
});

async function expectSocketRemoved(child: ChildProcess, path: string): Promise<void> {
  expect(existsSync(path)).toBe(true);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(existsSync(path)).toBe(false);
}
