// examples/connection-log, examples/context and examples/unix-daemon.mjs do what they say, each as a process of its own.
import { spawn, type ChildProcessByStdio } from "node:child_process";
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
import { findFreePort, socketPath } from "../helpers/servers";

function start(example: string, parameters: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const file = join(root, "examples", example);
  const child = spawn(process.execPath, ["--import", "tsx", file, ...parameters], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return { child, printed: linesOf(child.stdout), complained: linesOf(child.stderr) };
}

/** The lines of a stream, one at a time. */
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

test("connection-log: a line for each connection, that tells how it ended", async () => {
  const port = await findFreePort();
  const { child, printed, complained } = start("connection-log/server.mjs", [], { PORT: String(port) });
  expect(await complained()).toBe(`curl http://localhost:${port}`);
  const nextLine = async (): Promise<unknown> => JSON.parse(await printed());

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
    // And the FIN, which counts as one.
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

test("context: made once for a connection, found by all of its requests, and nobody else's", async () => {
  const path = socketPath();
  const { printed } = start("context/server.mts", [path]);
  expect(await printed()).toBe(`curl --unix-socket ${path} http://localhost`);
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
});

test("context: whoever may not connect gets nothing", async () => {
  const path = socketPath();
  const ours = process.getuid?.() ?? NaN;
  const { printed, complained } = start("context/server.mts", [path], { ALLOWED_UIDS: String(ours + 1) });
  await printed();
  const asked = http.get({ socketPath: path, agent: false });
  const [error] = (await once(asked, "error")) as [NodeJS.ErrnoException];
  expect(error.code).toBeOneOf(["ECONNRESET", "EPIPE"]);
  expect(await complained()).toBe(`uid ${ours} may not connect`);
});

test.skipIf(lacks("root"))("context: another user who may connect is let in, and known", async () => {
  const path = socketPath();
  const other = 65_534;
  const { printed } = start("context/server.mts", [path], { ALLOWED_UIDS: String(other) });
  await printed();
  // It becomes the other user by itself, who may not be allowed to run this very Node.
  const become = `process.setgid(${other}); process.setuid(${other});`;
  const script = `${become} require("node:http").get(${JSON.stringify({ socketPath: path })}, (res) => res.pipe(process.stdout))`;
  const child = spawn(process.execPath, ["-e", script], { cwd: "/", stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  expect(JSON.parse(await text(child.stdout))).toEqual({ connection: 1, uid: other, pid: child.pid, requestsLeft: 2 });
});

test.each(["context/server.mts", "unix-daemon.mjs"])("%s leaves no socket behind", async (example) => {
  const path = socketPath();
  const { child, printed } = start(example, [path]);
  await printed();
  expect(existsSync(path)).toBe(true);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(existsSync(path)).toBe(false);
});
