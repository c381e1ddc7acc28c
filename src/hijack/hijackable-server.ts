// A server on which hijacking is enabled: what was asked for, and HTTP on its sockets.
import { type IncomingMessage, maxHeaderSize, type Server } from "node:http";
import type { Socket } from "node:net";
import { HttpConnection } from "./http-connection";
import { type Framing, framingOf } from "./message-body";
import { type HttpSocket, closeWithParser, passMessage, startHttp, stopFlow } from "./node-server";
import type { TrailerLimits } from "./trailer-section";
import type { EnableHijackOptions } from "./types";

export class HijackableServer {
  readonly server: Server;
  readonly #holds: ((request: IncomingMessage) => boolean)[] = [];
  #takesConnect = false;

  constructor(server: Server) {
    this.server = server;
    // Node's own listener, which came first, has the parser ready. With TLS it listens to the second.
    server.on("connection", (socket: Socket) => this.#watch(socket));
    server.on("secureConnection", (socket: Socket) => this.#watch(socket));
  }

  /** As Node's parser has it: names and values together. */
  get #maxHeaderPairs(): number {
    const { maxHeadersCount } = this.server;
    return typeof maxHeadersCount === "number" ? 2 * maxHeadersCount : 2000;
  }

  get trailerLimits(): TrailerLimits {
    const { maxHeaderSize: limitBytes } = this.server as { maxHeaderSize?: number };
    return { maxTrailerBytes: limitBytes || maxHeaderSize, maxTrailerPairs: this.#maxHeaderPairs };
  }

  /** `undefined` where the headers do not tell. */
  framingOf(request: IncomingMessage): Framing | undefined {
    const framing = framingOf(request, this.#maxHeaderPairs);
    // What a lenient parser takes for chunks, ours does not.
    return framing?.kind === "chunked" && this.isLenient ? undefined : framing;
  }

  get isLenient(): boolean {
    const { insecureHTTPParser } = this.server as { insecureHTTPParser?: boolean };
    return insecureHTTPParser ?? process.execArgv.includes("--insecure-http-parser");
  }

  get allowsHalfOpen(): boolean {
    return (this.server as { httpAllowHalfOpen?: boolean }).httpAllowHalfOpen === true;
  }

  hasBody(request: IncomingMessage): boolean {
    const framing = this.framingOf(request);
    return framing?.kind !== "length" || framing.lengthBytes > 0;
  }

  /** May be called by several libraries: what one asks for, the others bear. */
  add({ hold, connect }: EnableHijackOptions): void {
    if (hold) this.#holds.push(hold);
    if (connect) this.#takesConnect = true;
  }

  /** Whether `'request'` listeners get CONNECT. */
  get takesConnect(): boolean {
    return this.#takesConnect && this.server.listenerCount("connect") === 0;
  }

  holds(request: IncomingMessage): boolean {
    return this.#holds.length > 0 && this.#holds.some((hold) => hold(request));
  }

  /** Unasked: where nothing has to be read, and no requests are counted, which a held one would set to zero. */
  mayHold(request: IncomingMessage): boolean {
    return !(this.server.maxRequestsPerSocket ?? 0) && !this.hasBody(request);
  }

  /** HTTP goes on on `socket`, with `leftover` before what it has, as behind a request that has been answered. */
  giveBack(socket: Socket, leftover: Uint8Array | undefined): void {
    if (leftover && leftover.length > 0) socket.unshift(leftover);
    // Paused for good, it would stay so.
    stopFlow(socket);
    startHttp(this.server, socket);
    closeWithParser(socket);
    this.#limitIdleness(socket);
    new HttpConnection(socket, this).watch({ isIdle: true });
  }

  /** As Node does when a response has finished. Node 20 has the buffer, but no property of that name. */
  #limitIdleness(socket: HttpSocket): void {
    const { keepAliveTimeout, keepAliveTimeoutBuffer = 1000 } = this.server as {
      keepAliveTimeoutBuffer?: number;
    } & Server;
    socket.setTimeout?.(keepAliveTimeout > 0 ? keepAliveTimeout + keepAliveTimeoutBuffer : this.server.timeout || 0);
    if (socket.parser) passMessage(socket.parser);
  }

  #watch(socket: Socket): void {
    new HttpConnection(socket, this).watch({ isIdle: false });
  }
}
