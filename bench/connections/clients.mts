// The clients of a load. They use bare sockets where possible, so that the load takes less CPU time than the server.
import { once } from "node:events";
import http2 from "node:http2";
import net, { type Socket } from "node:net";
import tls from "node:tls";
import type { Client } from "./load.mts";

export interface ClientPool {
  readonly clients: readonly Client[];
  /** Closes the connections that are still open. */
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

/** Each client has one connection for all its requests. */
export async function openKeepAliveClients(connect: Connect, address: Address, count: number): Promise<ClientPool> {
  const sockets = Array.from({ length: count }, () => connect(address));
  await Promise.all(
    sockets.map((socket) => once(socket, socket instanceof tls.TLSSocket ? "secureConnect" : "connect")),
  );
  return { clients: sockets.map(keepAliveClient), close: () => sockets.forEach((socket) => socket.destroy()) };
}

function keepAliveClient(socket: Socket): Client {
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

/** Each request has a new connection, which the server closes after its answer. */
export function openNewConnectionClients(connect: Connect, address: Address, count: number): Promise<ClientPool> {
  return repeatClient(count, (done) => {
    const socket = connect(address);
    socket.on("data", checkAnswer);
    socket.on("close", done);
    socket.write(LAST_REQUEST);
  });
}

/**
 * Each request has a new connection, which leaves HTTP by an Upgrade. The server sends the next bytes back and
 * closes.
 */
export function openEchoClients(connect: Connect, address: Address, count: number): Promise<ClientPool> {
  return repeatClient(count, (done) => {
    const socket = connect(address);
    const received: Buffer[] = [];
    socket.once("data", () => socket.write(ECHOED));
    socket.on("data", (chunk) => received.push(chunk));
    socket.on("close", () => {
      checkEcho(Buffer.concat(received));
      done();
    });
    socket.write(UPGRADE_REQUEST);
  });
}

function repeatClient(count: number, client: Client): Promise<ClientPool> {
  return Promise.resolve({ clients: Array.from({ length: count }, () => client), close: () => {} });
}

/** Each request is a stream of HTTP/2. Four clients share a session. */
export async function openHttp2Clients(port: Address, count: number): Promise<ClientPool> {
  const sessions = Array.from({ length: Math.ceil(count / 4) }, () => http2.connect(`http://127.0.0.1:${port}`));
  await Promise.all(sessions.map((session) => once(session, "connect")));
  const clients = Array.from({ length: count }, (_, i): Client => {
    const session = sessions[i % sessions.length] as http2.ClientHttp2Session;
    return (done) => session.request().on("close", done).resume();
  });
  return { clients, close: () => sessions.forEach((session) => session.destroy()) };
}

/** The server writes head and body at once, so a chunk is a whole answer. */
function checkAnswer(chunk: Buffer): void {
  if (!chunk.subarray(-6).equals(END)) throw new Error(`not the expected answer: ${chunk.toString()}`);
}

function checkEcho(received: Buffer): void {
  const text = received.toString();
  if (!/^HTTP\/1\.1 101 [^]*\r\n\r\necho$/.test(text)) throw new Error(`not the expected echo: ${text}`);
}
