// A server with clients that leave or stall. Measures how long responses and connections stay.
import type { RequestListener, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { enableHijack } from "sockinfo/hijack";
import { dial, secure } from "../../helpers/http-clients";
import { isTls, makeServer, open } from "../../helpers/http-servers";
import { until } from "../../helpers/servers";

export type Kind = "http" | "https";

/** Every limit of the server and of the owner, in milliseconds. Real ones are minutes. */
export const LIMIT = 250;
/** A response or connection that is still there after this time counts as staying. */
const PATIENCE = 2 * LIMIT;
/** More of one turn of the event loop does not count, so that a busy machine makes nothing late. */
const MAX_TURN_MS = 20;

/** The other limits begin when all clients have come. */
const LIMITS = { headersTimeout: 0, requestTimeout: 0, connectionsCheckingInterval: 20, keepAliveTimeout: 1 };

/** How a server handles its client's request. Calls `scene.arrive()` once the client may leave. */
export interface Treatment {
  readonly request: string;
  prepare(server: Server, scene: Scene): void;
}

/** What a client does after that. */
export type Departure = (client: Client) => unknown;

export interface Client {
  /** The wire, or TLS over it. */
  readonly stream: Socket;
  readonly wire: Socket;
}

export interface Outcome {
  /** The time until the last response and connection was closed; Infinity if one stays. */
  readonly goneAfterMs: number;
  readonly left: string;
  /** The bytes that the server has read from its clients. */
  readonly bytesRead: number;
}

export class Scene {
  readonly server: Server;
  readonly #kind: Kind;
  readonly #treatment: Treatment;
  readonly #sockets: Socket[] = [];
  readonly #clients: Client[] = [];
  #responses = 0;
  #connections = 0;
  #arrived = 0;
  #hasLimits = false;

  constructor(kind: Kind, treatment: Treatment, { isEnabled }: { isEnabled: boolean }) {
    const count: RequestListener = (_request, response) => {
      this.#responses += 1;
      response.on("close", () => (this.#responses -= 1));
    };
    this.#kind = kind;
    this.#treatment = treatment;
    this.server = makeServer(kind, count, LIMITS) as Server;
    if (isEnabled) enableHijack(this.server);
    this.server.on("connection", (socket: Duplex) => {
      this.#connections += 1;
      socket.on("close", () => (this.#connections -= 1));
    });
    this.server.on(isTls(kind) ? "secureConnection" : "connection", (socket: Socket) => this.#sockets.push(socket));
    treatment.prepare(this.server, this);
  }

  arrive(): void {
    this.#arrived += 1;
  }

  /** Connects a number of clients, and waits until the server has handled their requests. */
  async bring(count: number): Promise<void> {
    await open(this.server, this.#kind);
    for (let index = 0; index < count; index++) {
      const client = await this.#connect();
      client.stream.write(this.#treatment.request);
    }
    await until(() => this.#arrived === count);
  }

  /** Connects a number of clients, which leave in the same turn as they send their requests. */
  async bringAndLeave(count: number, depart: Departure): Promise<void> {
    await open(this.server, this.#kind);
    for (let index = 0; index < count; index++) {
      const client = await this.#connect();
      client.stream.write(this.#treatment.request);
      depart(client);
    }
  }

  /** Begins all limits. Otherwise they would end connections of clients that a busy machine lets wait. */
  beginLimits(): void {
    this.#hasLimits = true;
    const { server } = this;
    server.headersTimeout = server.requestTimeout = server.timeout = LIMIT;
    // An idle connection has its keep-alive timeout.
    for (const socket of this.#sockets) if (!socket.timeout) socket.setTimeout(LIMIT);
  }

  /** The owner's limit for its socket. */
  limit(socket: Socket): void {
    socket.on("timeout", () => socket.destroy());
    if (this.#hasLimits) socket.setTimeout(LIMIT);
  }

  leave(depart: Departure): void {
    for (const client of this.#clients) depart(client);
  }

  async watch(): Promise<Outcome> {
    let passedMs = 0;
    while (!this.#isOver && passedMs < PATIENCE) {
      const start = performance.now();
      await sleep(2);
      passedMs += Math.min(performance.now() - start, MAX_TURN_MS);
    }
    return {
      goneAfterMs: this.#isOver ? passedMs : Infinity,
      left: `${this.#responses} responses, ${this.#connections} connections`,
      bytesRead: this.#sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0),
    };
  }

  /** All clients leave in order. Nothing may be left on the server then. */
  async end(): Promise<void> {
    for (const { wire } of this.#clients) wire.destroy();
    await until(() => this.#isOver);
    await new Promise((resolve) => this.server.close(resolve));
  }

  get #isOver(): boolean {
    return this.#responses === 0 && this.#connections === 0;
  }

  async #connect(): Promise<Client> {
    const wire = await dial(this.server);
    const stream = isTls(this.#kind) ? await secure(wire, "http/1.1") : wire;
    stream.resume();
    const client = { wire, stream };
    this.#clients.push(client);
    return client;
  }
}
