// examples/duplex-echo, rpc-over-connect and docker-attach, each in a process of its own: the bytes on the wire are
// as their READMEs say.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import http from "node:http";
import { createConnection, type NetConnectOpts, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../helpers/docs";
import { findFreePort, socketPath, until } from "../helpers/servers";

function run(example: string, parameters: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [join(root, "examples", example), ...parameters], {
    cwd: root,
    env: { ...process.env, ...env },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** Waits for the first line, which is the command to try. */
async function start(example: string, parameters?: readonly string[], env?: NodeJS.ProcessEnv) {
  const child = run(example, parameters, env);
  child.stderr.pipe(process.stderr);
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return { child, line };
}

async function startOnPort(example: string) {
  const port = await findFreePort();
  return { port, ...(await start(example, [], { PORT: String(port) })) };
}

/** A client over TCP or a Unix socket. It collects what it receives. */
async function connect(options: NetConnectOpts): Promise<{ socket: Socket; received: () => Buffer }> {
  const socket = createConnection({ ...options, allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  const pieces: Buffer[] = [];
  socket.on("data", (data) => pieces.push(data));
  await once(socket, "connect");
  return { socket, received: () => Buffer.concat(pieces) };
}

const toText = (received: Buffer) => received.toString("latin1");

async function exitCodeOf(child: ChildProcess): Promise<unknown> {
  return child.exitCode ?? (await once(child, "exit"))[0];
}

async function endsInOrder(child: ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  expect(await exitCodeOf(child)).toBe(0);
}

test("duplex-echo: without hijacking, each chunk comes back before the next is sent", async () => {
  const { port, child, line } = await startOnPort("duplex-echo/server.mjs");
  expect(line).toBe(`curl -sN -T . http://localhost:${port}`);
  const { socket, received } = await connect({ port, host: "localhost" });
  socket.write("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  // The headers come before there is anything to send back.
  await until(() => toText(received()).includes("\r\n\r\n"));
  const headers = toText(received());
  expect(headers).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Transfer-Encoding: chunked\r\n/);
  const chunks = ["3\r\none\r\n", "5\r\nthree\r\n", "0\r\n\r\n"];
  for (const [index, chunk] of chunks.entries()) {
    socket.write(chunk);
    const expected = headers + chunks.slice(0, index + 1).join("");
    await until(() => toText(received()) === expected);
  }
  await endsInOrder(child);
});

test("duplex-echo: hijacked, all bytes come back unchanged, also those that came with the headers", async () => {
  const { port } = await startOnPort("duplex-echo/server.mjs");
  const { socket, received } = await connect({ port, host: "localhost" });
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256));
  socket.write(Buffer.concat([Buffer.from("GET /raw HTTP/1.1\r\nHost: localhost\r\n\r\n"), bytes.subarray(0, 1000)]));
  socket.end(bytes.subarray(1000));
  await once(socket, "end");
  const response = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
  expect(toText(received()).slice(0, response.length)).toBe(response);
  expect(received().subarray(response.length).equals(bytes)).toBe(true);
});

test("duplex-echo: hijacked, a silent client loses its connection", async () => {
  const port = await findFreePort();
  await start("duplex-echo/server.mjs", [], { PORT: String(port), IDLE_MS: "200" });
  const { socket, received } = await connect({ port, host: "localhost" });
  socket.write("GET /raw HTTP/1.1\r\nHost: localhost\r\n\r\nhello");
  await once(socket, "end");
  expect(toText(received())).toMatch(/hello$/);
});

test("duplex-echo: a client that resets, and one that stays when the server gets SIGTERM", async () => {
  const { port, child } = await startOnPort("duplex-echo/server.mjs");
  const rude = await connect({ port, host: "localhost" });
  rude.socket.write("GET /raw HTTP/1.1\r\nHost: localhost\r\n\r\nhello");
  await until(() => toText(rude.received()).endsWith("hello"));
  rude.socket.resetAndDestroy();
  const patient = await connect({ port, host: "localhost" });
  patient.socket.write("GET /raw HTTP/1.1\r\nHost: localhost\r\n\r\nhello");
  await until(() => toText(patient.received()).endsWith("hello"));
  patient.socket.on("end", () => patient.socket.end());
  await endsInOrder(child);
});

test("rpc-over-connect: after CONNECT, each line is a message, in both directions", async () => {
  const { port, child } = await startOnPort("rpc-over-connect/server.mjs");
  const { socket, received } = await connect({ port, host: "localhost" });
  const messages = [
    '{"jsonrpc":"2.0","id":1,"method":"add","params":[2,3]}',
    '{"jsonrpc":"2.0","id":"two","method":"countTo","params":[2]}',
    '{"jsonrpc":"2.0","id":3,"method":"constructor"}',
    "not JSON",
  ];
  // The first comes with the headers, the second in two pieces.
  socket.write(`CONNECT /rpc HTTP/1.1\r\nHost: localhost\r\n\r\n${messages[0]}\n${messages[1]?.slice(0, 9)}`);
  const connected = "HTTP/1.1 200 Connected\r\n\r\n";
  await until(() => toText(received()) === `${connected}{"jsonrpc":"2.0","id":1,"result":5}\n`);
  socket.write(`${messages[1]?.slice(9)}\n${messages[2]}\n${messages[3]}\n`);
  socket.end();
  await once(socket, "end");
  const answers = toText(received()).slice(connected.length).trimEnd().split("\n");
  expect(answers.map((answer) => JSON.parse(answer) as unknown)).toEqual([
    { jsonrpc: "2.0", id: 1, result: 5 },
    { jsonrpc: "2.0", method: "counted", params: [1] },
    { jsonrpc: "2.0", method: "counted", params: [2] },
    { jsonrpc: "2.0", id: "two", result: 2 },
    { jsonrpc: "2.0", id: 3, error: { code: -32_000, message: "Error: there is no such method" } },
    { jsonrpc: "2.0", id: null, error: { code: -32_000, message: "Error: there is no such method" } },
  ]);
  await endsInOrder(child);
});

test("rpc-over-connect: the port still serves HTTP", async () => {
  const { port } = await startOnPort("rpc-over-connect/server.mjs");
  const [response] = (await once(http.get({ port, path: "/rpc" }), "response")) as [http.IncomingMessage];
  expect([response.statusCode, response.headers.allow]).toEqual([405, "CONNECT"]);
  const { socket, received } = await connect({ port, host: "localhost" });
  socket.write("CONNECT elsewhere:1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await until(() => toText(received()).startsWith("HTTP/1.1 404 Not Found\r\n"));
});

test("rpc-over-connect: the server waits for a client that does not read, and serves the others", async () => {
  const { port, child } = await startOnPort("rpc-over-connect/server.mjs");
  const { socket, received } = await connect({ port, host: "localhost" });
  socket.write("CONNECT /rpc HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await until(() => received().length > 0);
  socket.pause();
  socket.write('{"id":1,"method":"countTo","params":[1e15]}\n');
  await sleep(300);
  const other = await connect({ port, host: "localhost" });
  other.socket.write('CONNECT /rpc HTTP/1.1\r\nHost: localhost\r\n\r\n{"id":1,"method":"add","params":[1,1]}\n');
  await until(() => toText(other.received()).endsWith('{"jsonrpc":"2.0","id":1,"result":2}\n'));
  socket.destroy();
  other.socket.end();
  await endsInOrder(child);
});

test("rpc-over-connect: the client", async () => {
  const { port, line } = await startOnPort("rpc-over-connect/server.mjs");
  expect(line).toBe(`node examples/rpc-over-connect/client.mjs localhost:${port}`);
  const client = run("rpc-over-connect/client.mjs", [`localhost:${port}`]);
  expect((await text(client.stdout)).split("\n")).toEqual([
    "2 + 3 = 5",
    "counted 1",
    "counted 2",
    "counted 3",
    "[ 3, 'ab' ]",
    "Error: there is no such method",
    "",
  ]);
  expect(await exitCodeOf(client)).toBe(0);
});

/** A frame as Docker documents it: one byte for the output, three zeros, four bytes for the length. */
function readFrames(bytes: Buffer): { stdout: string; stderr: string } {
  const outputs = { stdout: "", stderr: "" };
  let rest = bytes;
  while (rest.length > 0) {
    expect(rest.readUInt32BE() & 0xff_ff_ff).toBe(0);
    const end = 8 + rest.readUInt32BE(4);
    outputs[rest[0] === 1 ? "stdout" : "stderr"] += rest.toString("utf8", 8, end);
    expect(rest.length).toBeGreaterThanOrEqual(end);
    rest = rest.subarray(end);
  }
  return outputs;
}

test.each([
  ["101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp", "Connection: Upgrade\r\nUpgrade: tcp\r\n"],
  ["200 OK", ""],
])("docker-attach: %s, then raw input, and frames of two outputs", async (status, headers) => {
  const path = socketPath();
  const { child } = await start("docker-attach/server.mjs", [path]);
  const { socket, received } = await connect({ path });
  const request = `POST /containers/demo/attach?stream=1 HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;
  socket.write(`${request}first\n`);
  const response = `HTTP/1.1 ${status}\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n`;
  const outputs = () => readFrames(received().subarray(response.length));
  await until(() => toText(received()).startsWith(response) && outputs().stderr === "5\n");
  expect(outputs()).toEqual({ stdout: "first\n", stderr: "5\n" });
  socket.end("second\n");
  await once(socket, "end");
  expect(outputs()).toEqual({ stdout: "first\nsecond\n", stderr: "5\n6\n" });
  await once(socket, "close");
  await endsInOrder(child);
  expect(existsSync(path)).toBe(false);
});

test("docker-attach: the client", async () => {
  const path = socketPath();
  const { line } = await start("docker-attach/server.mjs", [path]);
  expect(line).toBe(`node examples/docker-attach/client.mjs ${path}`);
  const client = run("docker-attach/client.mjs", [path]);
  const lines = Array.from({ length: 2000 }, (_, index) => "x".repeat(index % 50));
  client.stdin.end(`${lines.join("\n")}\n`);
  const [stdout, stderr] = await Promise.all([text(client.stdout), text(client.stderr)]);
  expect(stdout).toBe(`${lines.join("\n")}\n`);
  expect(stderr).toBe(`${lines.map(({ length }) => length).join("\n")}\n`);
  expect(await exitCodeOf(client)).toBe(0);
});

test("docker-attach: a client of an unknown container, and one whose server ends", async () => {
  const path = socketPath();
  const { child } = await start("docker-attach/server.mjs", [path]);
  const stranger = run("docker-attach/client.mjs", [path, "nobody"]);
  expect(await text(stranger.stderr)).toBe("the server answered 404\n");
  expect(await exitCodeOf(stranger)).toBe(1);
  const client = run("docker-attach/client.mjs", [path]);
  client.stdin.write("hello\n");
  await once(client.stdout, "data");
  await endsInOrder(child);
  expect(await exitCodeOf(client)).toBe(0);
});
