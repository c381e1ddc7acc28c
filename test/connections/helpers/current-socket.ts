// Handlers that record getCurrentSocket() in everything that they start, and servers and clients for them.
import { pbkdf2 } from "node:crypto";
import { once } from "node:events";
import { createReadStream, readFile } from "node:fs";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import { connect, type Server, type Socket } from "node:net";
import { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import tls from "node:tls";
import type { Closeable } from "sockinfo";
import { enableCurrentSocket, getCurrentSocket } from "sockinfo/connections";
import { onTestFinished } from "vitest";
import { makeCertificate } from "../../helpers/certificate";
import { lacks } from "../../helpers/needs";
import { portOf } from "../../helpers/servers";

const certificate = lacks("openssl") ? undefined : makeCertificate();

/** The end of the test closes it, if the test has not. */
export function enable(): Closeable {
  const currentSocket = enableCurrentSocket();
  onTestFinished(() => currentSocket.close());
  return currentSocket;
}

/** The client's port, by the current socket. */
export const port = (): number | string => getCurrentSocket()?.remotePort ?? "none";

export type Incoming = http.IncomingMessage | http2.Http2ServerRequest;
export type Outgoing = http.ServerResponse | http2.Http2ServerResponse;

/** What a handler may start. Each returns the port that it sees then. */
const CONTINUATIONS: Readonly<Record<string, () => Promise<number | string>>> = {
  "the handler itself": () => Promise.resolve(port()),
  await: async () => {
    await Promise.resolve();
    return port();
  },
  "a microtask": () => new Promise((resolve) => queueMicrotask(() => resolve(port()))),
  nextTick: () => new Promise((resolve) => process.nextTick(() => resolve(port()))),
  "a timer": () => new Promise((resolve) => setTimeout(() => resolve(port()), Math.random() * 5)),
  "a timer's promise": () => sleep(Math.random() * 5).then(port),
  setImmediate: () => new Promise((resolve) => setImmediate(() => resolve(port()))),
  fs: () => new Promise((resolve) => readFile(import.meta.filename, () => resolve(port()))),
  "a thread of the pool": () => new Promise((resolve) => pbkdf2("a", "b", 1, 8, "sha1", () => resolve(port()))),
  "the end of a stream": async () => {
    const stream = createReadStream(import.meta.filename).resume();
    return new Promise((resolve) => stream.on("close", () => resolve(port())));
  },
  "a loop over a stream": async () => {
    for await (const _ of Readable.from([1, 2])) await Promise.resolve();
    return port();
  },
};

/**
 * Begins the answer at the first part of the body, so that the client sends the second part. The answer has the ports
 * that were seen.
 */
export function handle(req: Incoming, res: Outgoing): void {
  const seen: Record<string, number | string> = {};
  const running = Object.entries(CONTINUATIONS).map(async ([name, way]) => (seen[name] = await way()));
  req.once("data", () => {
    seen["the first 'data'"] = port();
    (res as http.ServerResponse).write(" ");
  });
  req.on("data", () => (seen["the last 'data'"] = port()));
  req.on("end", async () => {
    seen["'end'"] = port();
    await Promise.all(running);
    seen["after 'end'"] = port();
    res.end(JSON.stringify(seen));
  });
}

const PLACES = [...Object.keys(CONTINUATIONS), "the first 'data'", "the last 'data'", "'end'", "after 'end'"];

/** The answer of `handle` to a client whose requests all saw their own socket. */
export const allPlacesSee = (localPort: number): unknown => Object.fromEntries(PLACES.map((name) => [name, localPort]));

export interface Client {
  readonly localPort: number;
  /** Sends the second half of its body when the answer begins. */
  post(): Promise<unknown>;
  close(): void;
}

export async function http1Client(socket: Socket): Promise<Client> {
  await once(socket, "encrypted" in socket ? "secureConnect" : "connect");
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  agent.createConnection = () => socket;
  return {
    localPort: socket.localPort as number,
    post: async () => {
      const request = http.request({ method: "POST", agent, headers: { host: "localhost" } });
      request.write("first half");
      const [response] = (await once(request, "response")) as [http.IncomingMessage];
      request.end("second half");
      return json(response);
    },
    close: () => void socket.destroy(),
  };
}

export async function http2Client(url: string): Promise<Client> {
  const session = http2.connect(url, { rejectUnauthorized: false });
  await once(session, "connect");
  return {
    localPort: session.socket.localPort as number,
    post: async () => {
      const stream = session.request({ ":method": "POST" });
      stream.write("first half");
      await once(stream, "response");
      stream.end("second half");
      return json(stream);
    },
    close: () => session.destroy(),
  };
}

export const cleartext = (server: Server) => connect(portOf(server), "127.0.0.1");
const encrypted = (server: Server) => tls.connect({ port: portOf(server), rejectUnauthorized: false });

export const TRANSPORTS: Readonly<
  Record<string, { readonly server: () => Server; readonly client: (server: Server) => Promise<Client> }>
> = {
  http: {
    server: () => http.createServer(handle),
    client: (server) => http1Client(cleartext(server)),
  },
  "HTTP/2 in cleartext": {
    server: () => http2.createServer(handle),
    client: (server) => http2Client(`http://127.0.0.1:${portOf(server)}`),
  },
  ...(certificate && {
    https: {
      server: () => https.createServer(certificate, handle),
      client: (server) => http1Client(encrypted(server)),
    },
    "HTTP/2 over TLS": {
      server: () => http2.createSecureServer(certificate, handle),
      client: (server) => http2Client(`https://127.0.0.1:${portOf(server)}`),
    },
    "HTTP/1 at a server of both": {
      server: () => http2.createSecureServer({ ...certificate, allowHTTP1: true }, handle),
      client: (server) => http1Client(encrypted(server)),
    },
  }),
};

/** Closed at the end of the test. */
export async function connectClient(connecting: Promise<Client>): Promise<Client> {
  const client = await connecting;
  onTestFinished(() => client.close());
  return client;
}
