// A server that hijacks connections. The path of a request says how. Hijacked connections are echoes until a full
// stop.
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import https from "node:https";
import type { Server } from "node:net";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { SocketInfoError } from "sockinfo";
import { enableHijack, hijack, release } from "sockinfo/hijack";
import { makeCertificate } from "../helpers/certificate.ts";
import { ListeningServer } from "./listening-server.mts";
import { LiveObjects } from "./live-objects.mts";

export type Kind = "http" | "Unix" | "https";

export class HijackServer extends ListeningServer {
  readonly #parsers: Set<unknown>;
  #ownKeys: number | undefined;

  constructor(kind: Kind, objects: LiveObjects) {
    const parsers = new Set();
    const server = makeServer(kind, (request, response) => {
      for (const object of [request, response, request.socket]) objects.add(object);
      parsers.add((request.socket as { parser?: unknown }).parser);
      void HANDLERS[request.url ?? ""]?.(request, response);
    });
    super(server, kind === "Unix");
    this.#parsers = parsers;
  }

  /**
   * How many parsers the connections have had. Node reuses them, so there are about as many as connections at a time.
   * A parser that Node does not get back is replaced by a new one.
   */
  get parsers(): number {
    return this.#parsers.size;
  }

  override async start(): Promise<this> {
    await super.start();
    this.#ownKeys = Reflect.ownKeys(this.server).length;
    return this;
  }

  /** Returns how many listeners and properties more than at the start the server has. */
  override stop(): number {
    return Reflect.ownKeys(this.server).length - (this.#ownKeys as number) + super.stop();
  }
}

function makeServer(kind: Kind, handle: RequestListener): Server {
  const server = kind === "https" ? https.createServer(makeCertificate(), handle) : http.createServer(handle);
  enableHijack(server);
  return server;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

const HANDLERS: Readonly<Record<string, Handler>> = {
  "/": (_request, response) => response.end("ok"),
  "/take": take,
  "/destroy": async (request, response) => (await hijack(request, response)).socket.destroy(),
  "/late": takeLate,
  async "/late-body"(request, response) {
    await text(request);
    return takeLate(request, response);
  },
  async "/hang"(_request, response) {
    await setImmediate();
    response.writeProcessing();
  },
  async "/release"(request, response) {
    const { socket, head } = await hijack(request, response);
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nreleased");
    release(socket, head);
  },
  async "/release-refused"(request, response) {
    const { socket, head } = await hijack(request, response);
    try {
      release(socket, head);
    } catch (error) {
      socket.on("error", () => {}).end((error as SocketInfoError).code);
    }
  },
};

async function takeLate(request: IncomingMessage, response: ServerResponse): Promise<void> {
  await setImmediate();
  try {
    await take(request, response);
  } catch (error) {
    response.end((error as SocketInfoError).code);
  }
}

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { socket, head } = await hijack(request, response);
  socket.on("error", () => {});
  socket.on("end", () => socket.end());
  socket.write("taken: ");
  socket.unshift(head);
  socket.on("data", (data: Buffer) => {
    if (data.includes(".")) socket.end(data);
    else socket.write(data);
  });
}
