// Servers of every kind, each with a tracker. What a server does to its connection, the path of the request says.
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import http2, { type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import https from "node:https";
import { createConnection, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { getConnection, trackConnections, type ConnectionTracker } from "sockinfo/connections";
import { makeCertificate } from "../helpers/certificate.ts";

export type Kind = "http" | "Unix" | "https" | "h2c" | "h2";

export class Served {
  readonly server: Server;
  readonly tracker: ConnectionTracker<object>;
  readonly #folder: string;
  readonly #listenersBefore: number;

  private constructor(server: Server, folder: string) {
    this.server = server;
    this.#folder = folder;
    this.#listenersBefore = countListeners(server);
    this.tracker = trackConnections<object>(server, { context: () => ({}) });
  }

  static async start(kind: Kind): Promise<Served> {
    const folder = mkdtempSync(join(tmpdir(), "sockinfo-soak-"));
    const served = new Served(MAKERS[kind](), folder);
    served.server.listen(kind === "Unix" ? { path: join(folder, "socket") } : { host: "127.0.0.1", port: 0 });
    await once(served.server, "listening");
    return served;
  }

  /** A new connection, as TCP or the Unix socket has it. */
  connect(): Socket {
    const address = this.server.address() as AddressInfo | string;
    const socket = createConnection(typeof address === "string" ? { path: address } : { port: address.port });
    return socket.on("error", () => {});
  }

  /** How many listeners the tracker has left on the server. */
  stop(): number {
    this.tracker.close();
    const left = countListeners(this.server) - this.#listenersBefore;
    this.server.close();
    rmSync(this.#folder, { recursive: true, force: true });
    return left;
  }
}

const MAKERS: Readonly<Record<Kind, () => Server>> = {
  http: () => http.createServer(answer).on("upgrade", takeOver),
  Unix: () => http.createServer(answer).on("upgrade", takeOver),
  https: () => https.createServer(makeCertificate(), answer).on("upgrade", takeOver),
  h2c: () => http2.createServer().on("stream", answerStream),
  h2: () => http2.createSecureServer(makeCertificate()).on("stream", answerStream),
};

function countListeners(server: Server): number {
  return server.eventNames().reduce((sum, name) => sum + server.listenerCount(name), 0);
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  switch (request.url) {
    case "/hang":
      return;
    case "/timeout":
      request.socket.setTimeout(1);
      return;
    case "/destroy":
      request.socket.destroy();
      return;
    case "/destroy-raw":
      getConnection(request).socket.destroy();
      return;
    case "/end":
      response.setHeader("Connection", "close");
  }
  response.end("ok");
}

function takeOver(_request: IncomingMessage, socket: Duplex): void {
  socket.on("error", () => {});
  socket.end("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: soak\r\n\r\n");
}

function answerStream(stream: ServerHttp2Stream, { ":path": path }: http2.IncomingHttpHeaders): void {
  const session = stream.session as ServerHttp2Session;
  stream.on("error", () => {});
  switch (path) {
    case "/hang":
      return;
    case "/timeout":
      session.setTimeout(1, () => session.destroy());
      return;
    case "/destroy":
      session.destroy();
      return;
    case "/destroy-raw":
      getConnection(stream).socket.destroy();
      return;
    case "/end":
      session.close();
  }
  stream.respond();
  stream.end("ok");
}
