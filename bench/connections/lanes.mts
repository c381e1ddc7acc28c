// The lanes of a load: keep-alive connections, a new connection for each request, streams of HTTP/2, connections that leave HTTP. Over bare sockets where that
// can be, as the load is not to take more of the processors than the server does.
import { once } from "node:events";
import http2 from "node:http2";
import net, { type Socket } from "node:net";
import tls from "node:tls";
import type { Lane } from "./load.mts";

/** `close` ends what is open still. */
export interface Lanes {
  readonly lanes: readonly Lane[];
  close(): void;
}

/** The port of a server on loopback, or the path of its Unix socket. */
export type Address = number | string;

type Connect = (address: Address) => Socket;

export const connectTcp: Connect = (port) => net.connect({ port: Number(port), host: "127.0.0.1", noDelay: true });
export const connectUnix: Connect = (path) => net.connect({ path: String(path) });
export const connectTls: Connect = (port) =>
  tls.connect({ port: Number(port), host: "127.0.0.1", rejectUnauthorized: false });

const REQUEST = Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
const LAST_REQUEST = Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
const UPGRADE_REQUEST = Buffer.from(
  "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n",
);
const ECHOED = Buffer.from("echo");
const END = Buffer.from("\r\n\r\nok");

export async function keepAliveLanes(connect: Connect, address: Address, count: number): Promise<Lanes> {
  const sockets = Array.from({ length: count }, () => connect(address));
  await Promise.all(
    sockets.map((socket) => once(socket, socket instanceof tls.TLSSocket ? "secureConnect" : "connect")),
  );
  return { lanes: sockets.map(keepAliveLane), close: () => sockets.forEach((socket) => socket.destroy()) };
}

function keepAliveLane(socket: Socket): Lane {
  let answered = (): void => {};
  socket.on("data", (chunk) => {
    checkAnswer(chunk);
    answered();
  });
  return (done) => {
    answered = done;
    socket.write(REQUEST);
  };
}

/** The server closes each connection when it has answered. */
export function freshLanes(connect: Connect, address: Address, count: number): Promise<Lanes> {
  const lane: Lane = (done) => {
    const socket = connect(address);
    socket.on("data", checkAnswer);
    socket.on("close", done);
    socket.write(LAST_REQUEST);
  };
  return Promise.resolve({ lanes: Array.from({ length: count }, () => lane), close: () => {} });
}

/** New connections that leave HTTP, for what sends the bytes back that come then, and closes. */
export function echoLanes(connect: Connect, address: Address, count: number): Promise<Lanes> {
  const lane: Lane = (done) => {
    const socket = connect(address);
    const received: Buffer[] = [];
    socket.once("data", () => socket.write(ECHOED));
    socket.on("data", (chunk) => received.push(chunk));
    socket.on("close", () => {
      checkEcho(Buffer.concat(received));
      done();
    });
    socket.write(UPGRADE_REQUEST);
  };
  return Promise.resolve({ lanes: Array.from({ length: count }, () => lane), close: () => {} });
}

/** Several at a time on each session. */
export async function streamLanes(port: Address, count: number): Promise<Lanes> {
  const sessions = Array.from({ length: Math.ceil(count / 4) }, () => http2.connect(`http://127.0.0.1:${port}`));
  await Promise.all(sessions.map((session) => once(session, "connect")));
  const lanes = Array.from({ length: count }, (_, i): Lane => {
    const session = sessions[i % sessions.length] as http2.ClientHttp2Session;
    return (done) => session.request().on("close", done).resume();
  });
  return { lanes, close: () => sessions.forEach((session) => session.destroy()) };
}

/** The server writes head and body at once, and nothing comes before the next request. */
function checkAnswer(chunk: Buffer): void {
  if (!chunk.subarray(-6).equals(END)) throw new Error(`not the expected answer: ${chunk.toString()}`);
}

function checkEcho(received: Buffer): void {
  const text = received.toString();
  if (!/^HTTP\/1\.1 101 [^]*\r\n\r\necho$/.test(text)) throw new Error(`not the expected echo: ${text}`);
}
