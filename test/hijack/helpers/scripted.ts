// Servers without an HTTP implementation. They send exactly the bytes that the test gives them.
import { Agent, type ClientRequest, request, type RequestOptions } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { createServer as createTlsServer } from "node:tls";
import { onTestFinished } from "vitest";
import { makeCertificate } from "../../helpers/certificate";
import { listen, portOf, socketPath } from "../../helpers/servers";

/** A connection in memory. After the first write, the peer sends the pieces one by one, and ends unless it `stays`. */
export class ScriptedConnection extends Duplex {
  sent = "";
  readonly #pieces: (string | null)[];

  constructor(pieces: readonly string[], { stays = false } = {}) {
    super();
    this.#pieces = [...pieces.filter((piece) => piece !== ""), ...(stays ? [] : [null])];
  }

  override _read(): void {}

  override _write(bytes: Buffer, _: unknown, done: () => void): void {
    if (this.sent === "") setImmediate(() => this.#sayNext());
    this.sent += bytes.toString("latin1");
    done();
  }

  #sayNext(): void {
    const piece = this.#pieces.shift();
    if (piece === undefined || this.destroyed) return;
    this.push(piece === null ? null : Buffer.from(piece, "latin1"));
    setImmediate(() => this.#sayNext());
  }
}

export function requestOver(connection: Duplex, options: RequestOptions = {}): ClientRequest {
  return request({ createConnection: () => connection, ...options });
}

/** All ways to cut a text in two. */
export function cuts(text: string): [string, string][] {
  return Array.from({ length: text.length }, (_, at) => [text.slice(0, at), text.slice(at)]);
}

export async function readAll(stream: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString("latin1");
}

/** Receives the next `length` bytes. */
export function receive(stream: Duplex, length: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = "";
    stream.on("data", function take(bytes: Buffer) {
      received += bytes.toString("latin1");
      if (received.length < length) return;
      stream.off("data", take);
      resolve(received);
    });
    stream.once("close", () => reject(new Error(`closed after ${JSON.stringify(received)}`)));
  });
}

export interface Host {
  readonly options: RequestOptions;
  readonly server: Server;
  /** What each connection has received. */
  readonly received: string[];
}

export type Kind = "http" | "https" | "unix";

const certificate = makeCertificate();

/** A server that answers the first request of each connection with that text, and echoes what comes later. */
export async function host(
  answer: string | ((socket: Socket, connection: number) => void),
  kind: Kind = "http",
): Promise<Host> {
  const received: string[] = [];
  const onConnection = (socket: Socket): void => {
    const connection = received.push("") - 1;
    let isAnswered = false;
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      received[connection] += bytes.toString("latin1");
      if (typeof answer === "string" && isAnswered) socket.write(bytes);
      if (isAnswered || !received[connection]?.includes("\r\n\r\n")) return;
      isAnswered = true;
      if (typeof answer === "string") socket.write(answer, "latin1");
      else answer(socket, connection);
    });
  };
  const path = kind === "unix" ? socketPath() : undefined;
  const server =
    kind === "https"
      ? createTlsServer({ ...certificate, allowHalfOpen: true }, onConnection)
      : createServer({ allowHalfOpen: true }, onConnection);
  await listen(server, path ? { path } : { host: "127.0.0.1", port: 0 });
  const place = path ? { socketPath: path } : { host: "127.0.0.1", port: portOf(server) };
  return { options: { ...place, ...(kind === "https" && { rejectUnauthorized: false }) }, server, received };
}

export function makeAgent(options: ConstructorParameters<typeof Agent>[0] = {}): Agent {
  const agent = new Agent(options);
  onTestFinished(() => agent.destroy());
  return agent;
}
