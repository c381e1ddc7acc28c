// A server with a tracker, of every kind. The path of a request says what the server does with the connection.
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import http2, { type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import https from "node:https";
import type { Server } from "node:net";
import type { Duplex } from "node:stream";
import { getConnection, trackConnections, type ConnectionTracker } from "sockinfo/connections";
import { makeCertificate } from "../helpers/certificate.ts";
import { ListeningServer } from "./listening-server.mts";

export type Kind = "http" | "Unix" | "https" | "h2c" | "h2";

export class TrackedServer extends ListeningServer {
  readonly tracker: ConnectionTracker<object>;

  constructor(kind: Kind) {
    const server = MAKERS[kind]();
    super(server, kind === "Unix");
    this.tracker = trackConnections<object>(server, { context: () => ({}) });
  }

  /** Closes the tracker. Returns how many listeners it has left on the server. */
  override stop(): number {
    this.tracker.close();
    return super.stop();
  }
}

const MAKERS: Readonly<Record<Kind, () => Server>> = {
  http: () => http.createServer(answer).on("upgrade", takeOver),
  Unix: () => http.createServer(answer).on("upgrade", takeOver),
  https: () => https.createServer(makeCertificate(), answer).on("upgrade", takeOver),
  h2c: () => http2.createServer().on("stream", answerStream),
  h2: () => http2.createSecureServer(makeCertificate()).on("stream", answerStream),
};

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
