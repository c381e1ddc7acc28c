// What Node's own HTTP parser makes of bytes, through a real http.Server on a stream in memory. Synchronous, as the parser is
// called by whoever emits 'data'.
import { createServer, type IncomingMessage, type Server, type ServerOptions } from "node:http";
import { Duplex } from "node:stream";

export interface Outcome {
  /** The body's data as far as it was given, in latin1. */
  readonly data: string;
  /** Of a complete message. */
  readonly rawTrailers: readonly string[];
  /** How many bytes belong to the body, if it has ended. */
  readonly endsAt: number | undefined;
  /** At which byte the body was refused, and why. */
  readonly refusedAt: number | undefined;
  readonly code: string | undefined;
}

const parsers = new WeakMap<Duplex, NodeParser>();
const servers = new Map<string, Server>();

/** One for all parsers with the same options: servers take their time. */
function serverWith(options: ServerOptions): Server {
  const name = JSON.stringify(options);
  const server = servers.get(name) ?? createServer({ ...options, connectionsCheckingInterval: 2 ** 31 - 1 });
  if (servers.has(name)) return server;
  servers.set(name, server);
  return server
    .on("request", (request) => parsers.get(request.socket)?.requests.push(request))
    .on("clientError", (error: NodeJS.ErrnoException, socket) => {
      const parser = parsers.get(socket);
      if (parser) parser.code ??= error.code;
    });
}

export class NodeParser {
  readonly requests: IncomingMessage[] = [];
  code: string | undefined;
  readonly #socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });

  constructor(options: ServerOptions = {}) {
    parsers.set(this.#socket, this);
    serverWith(options).emit("connection", this.#socket);
  }

  feed(bytes: Uint8Array): void {
    if (this.code === undefined) this.#socket.emit("data", Buffer.from(bytes));
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** A request by its headers, and then its body byte by byte, so that the end and each refusal have a place. */
export function outcomeOfNode(headers: string, body: Uint8Array, options: ServerOptions = {}): Outcome {
  const parser = new NodeParser(options);
  parser.feed(Buffer.from(headers, "latin1"));
  const request = parser.requests[0]!;
  let at = 0;
  while (at < body.length && !request.complete && parser.code === undefined) {
    parser.feed(body.subarray(at, at + 1));
    at += 1;
  }
  const { code } = parser;
  const rawTrailers = request.complete ? request.rawTrailers : [];
  const data = takeAll(request);
  parser.close();
  const refused = code !== undefined;
  return {
    data,
    rawTrailers,
    endsAt: request.complete ? at : undefined,
    refusedAt: refused ? at - 1 : undefined,
    code,
  };
}

/** In a loop: since Node 26 `read()` returns one chunk at a time. */
function takeAll(request: IncomingMessage): string {
  let text = "";
  for (let data = request.read() as Buffer | null; data; data = request.read() as Buffer | null) {
    text += data.toString("latin1");
  }
  return text;
}
