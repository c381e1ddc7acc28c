// Every example goes on and serves after clients have left at once, and after requests with odd targets.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { findFreePort, socketPath } from "../helpers/servers";

const FOLDER = join(__dirname, "../../examples");
const CONNECTIONS = 400;
const AT_ONCE = 20;

const ask = (method: string, target: string): string => `${method} ${target} HTTP/1.1\r\nHost: a\r\n`;

/**
 * Two requests in one chunk. When the client leaves at once, writing the first answer fails and Node destroys the
 * socket. Node then calls the handler of the second request, although its connection has closed.
 */
function twoRequests(method: string, target: string): Buffer {
  return Buffer.from(`${ask(method, target)}Content-Length: 3\r\n\r\nabc${ask("GET", target)}\r\n`);
}

/** Node's parser passes these on. Some are not URLs, not even relative ones, and some are not percent-encoded. */
const ODD_TARGETS = ["//", "//:0", "///", "/%", "/%zz", "/%ff", "/?%", "/a?b?c", "*", "http://", "http://a:b", "a"];

/** An HTTP/2 frame on a stream. */
function frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** `GET /` of the host "a", by entries of HPACK's static table. */
const HTTP2_GET = Buffer.from([0x82, 0x86, 0x84, 0x41, 1, 0x61]);
const HTTP2_START = Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(4, 0, 0)]);
/** Two requests, each with END_STREAM and END_HEADERS. */
const HTTP2_TWO_REQUESTS = Buffer.concat([HTTP2_START, frame(1, 5, 1, HTTP2_GET), frame(1, 5, 3, HTTP2_GET)]);

interface Example {
  readonly name: string;
  readonly file: string;
  readonly unix?: boolean;
  readonly tls?: boolean;
  readonly http2?: boolean;
  /** A path that is not only answered with 404. */
  readonly target?: string;
}

const EXAMPLES: Example[] = [
  ...["express", "fastify", "hono", "koa", "node-http"].map((name) => ({ name, file: `${name}.mjs` })),
  { name: "node-https", file: "node-https.mjs", tls: true },
  { name: "node-http2", file: "node-http2.mjs", http2: true },
  { name: "unix-daemon", file: "unix-daemon.mjs", unix: true },
  { name: "local-daemon", file: "local-daemon/daemon.mjs", unix: true, target: "/who-am-i" },
  { name: "context", file: "context/server.mts", unix: true },
  { name: "docker-attach", file: "docker-attach/server.mjs", unix: true },
  ...["connection-log", "slow-clients", "response-variant", "duplex-echo", "prometheus", "rpc-over-connect"].map(
    (name) => ({
      name,
      file: `${name}/server.mjs`,
    }),
  ),
];

/** Starts an example and waits until it listens. */
async function start({ file, unix }: Example) {
  const [port, path] = [await findFreePort(), socketPath()];
  const flags = file.endsWith(".mts") ? ["--import", "tsx"] : [];
  const group = spawnSync("id", ["-gn"], { encoding: "utf8" }).stdout.trim();
  const env = { ...process.env, PORT: String(port), METRICS_PORT: "0", DAEMON_SOCKET: path, DAEMON_GROUP: group };
  const child = spawn(process.execPath, [...flags, join(FOLDER, file), ...(unix ? [path] : [])], { env });
  onTestFinished(() => void child.kill("SIGKILL"));
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  await Promise.race([once(child.stdout, "data"), once(child.stderr, "data"), once(child, "exit")]);
  child.stdout.resume();
  const address: NetConnectOpts = unix ? { path } : { port, host: "localhost" };
  return { child, address, errors: () => errors };
}

/** Sends the bytes and resets the connection, at once or after a turn of the event loop. */
function attack(address: NetConnectOpts, bytes: Buffer, tls: boolean, atOnce: boolean): Promise<void> {
  const socket = connect(address).on("error", () => {});
  const leave = (): void => void ("path" in address ? socket.destroy() : socket.resetAndDestroy());
  const send = (to: Socket): void => {
    to.write(bytes);
    if (atOnce) leave();
    else setImmediate(leave);
  };
  socket.once("connect", () => {
    if (!tls) return send(socket);
    const secured = connectTls({ socket, rejectUnauthorized: false }).on("error", () => {});
    secured.once("secureConnect", () => send(secured));
  });
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

/** Sends the bytes and waits for an answer, or for the end of the connection. */
function isAnswered(address: NetConnectOpts, bytes: Buffer, tls: boolean): Promise<boolean> {
  const socket = tls ? connectTls({ ...address, rejectUnauthorized: false }) : connect(address);
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {}).write(bytes);
  return new Promise((resolve) => {
    socket.once("data", () => resolve(true)).once("close", () => resolve(false));
  });
}

test.skipIf(lacks("openssl")).for(EXAMPLES)("$name", async (example) => {
  const { tls = false, http2 = false, target = "/" } = example;
  // Express answers the POST later, with a 404. Its second request then finds an open connection.
  const attacks = http2 ? [HTTP2_TWO_REQUESTS] : [twoRequests("POST", target), twoRequests("GET", target)];
  const { child, address, errors } = await start(example);
  const one = http2 ? HTTP2_TWO_REQUESTS : Buffer.from(`${ask("GET", target)}\r\n`);
  const expectServing = async (): Promise<void> => {
    let answered = await isAnswered(address, one, tls);
    // A Unix socket refuses connections while too many wait for the server to accept them.
    for (let tries = 0; !answered && child.exitCode === null && tries < 50; tries++) {
      await wait(100);
      answered = await isAnswered(address, one, tls);
    }
    expect(answered ? "" : `not answered, exit code ${child.exitCode}: ${errors()}`).toBe("");
  };
  for (const bytes of attacks) {
    for (let sent = 0; sent < CONNECTIONS; sent += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => attack(address, bytes, tls, index % 2 === 0)));
    }
    await expectServing();
  }
  if (http2) return;
  for (const method of ["GET", "POST"]) {
    for (const odd of ODD_TARGETS) await isAnswered(address, Buffer.from(`${ask(method, odd)}\r\n`), tls);
  }
  await expectServing();
});
