// One connection: its counts, its state, and its last word. What happens to it, server-hooks.ts, socket-hooks.ts and
// http1-requests.ts report; tracker.ts tells the world.
import type { ServerHttp2Session } from "node:http2";
import { Socket, type Server } from "node:net";
import type { TLSSocket } from "node:tls";
import { inspect } from "node:util";
import {
  Failure,
  getPeerCredentials,
  getTcpInfo,
  hidingRuntime,
  type PeerCredentials,
  readPeerCredentials,
  readTcpInfoInAnyState,
  refuseRuntime,
  type SocketInfoError,
  type TcpInfo,
  type TrackedConnection,
} from "../core";
import { closeReason } from "./close-reason";
import { localEndpoint, remoteEndpoint } from "./endpoints";
import type { RequestObservers } from "./request-observers";
import type { CloseReason, Connection, ConnectionState, ConnectionSummary, Endpoint, RequestCounts } from "./types";

/** Who is told of a connection's changes. */
export interface Observer {
  changed(connection: ConnectionRecord, from: ConnectionState | undefined, to: ConnectionState): void;
  /** The descriptor is about to be closed, in the middle of Node's own work: no code of users may run now. */
  closing(connection: ConnectionRecord): void;
}

let lastId = 0;

export class ConnectionRecord implements Connection, TrackedConnection {
  static {
    // For console.log, which would fill pages with the sockets.
    Object.defineProperty(this.prototype, inspect.custom, {
      value(this: ConnectionRecord) {
        return this.toJSON();
      },
    });
  }

  readonly id: number = ++lastId;
  readonly socket: Socket;
  readonly server: Server;
  readonly adopted: boolean;
  readonly requests: RequestCounts & { served: number; inFlight: number } = { served: 0, inFlight: 0 };
  readonly local: Endpoint | undefined;
  readonly remote: Endpoint | undefined;
  tlsSocket: TLSSocket | undefined;
  protocol: string | undefined;
  state: ConnectionState = "new";
  context: unknown;
  finalTcpInfo: TcpInfo | undefined;
  /** Of a Unix socket, as `finalTcpInfo` is of TCP. */
  finalPeerCredentials: PeerCredentials | undefined;
  #finalFailure: Failure | undefined;
  #finalError: SocketInfoError | undefined;
  closeReason: CloseReason | undefined;
  closeError: Error | undefined;
  /** The error that will be `closeError`. */
  #error: Error | undefined;
  /** An error that a listener of 'clientError' may let the connection survive. */
  #clientError: Error | undefined;
  http2Session: ServerHttp2Session | undefined;
  /** False when its tracker has let go of it. */
  isTracked = true;
  timedOut = false;
  /** Whose half ended first, where a stream showed it. */
  endedFirst: "client" | "server" | undefined;
  /** Which side was first to send GOAWAY. */
  goawayFirst: "client" | "server" | undefined;
  /** What its context threw. */
  refusal: { readonly error: unknown } | undefined;
  /**
   * The requests that are being answered, the oldest first; `undefined` when there is none, which is most of the time. What a
   * tracker found under way is the socket here: nobody tells which request it is.
   */
  answering: Set<object> | undefined;
  /** How many requests have started. */
  startedRequests = 0;
  requestObservers: RequestObservers | undefined;
  readonly #observer: Observer;
  /** The clock of the calendar, which may be set back; durations are taken of the other. */
  readonly #openedAtMs: number = Date.now();
  readonly #openedMs: number = performance.now();
  #closedMs: number | undefined;

  constructor(socket: Socket, server: Server, observer: Observer, adopted: boolean) {
    this.socket = socket;
    this.server = server;
    this.adopted = adopted;
    this.local = localEndpoint(socket, server);
    this.remote = remoteEndpoint(socket);
    this.#observer = observer;
  }

  get openedAt(): Date {
    return new Date(this.#openedAtMs);
  }

  get durationMs(): number {
    return (this.#closedMs ?? performance.now()) - this.#openedMs;
  }

  /** Made when it is asked for: connections of Unix sockets all have one. */
  get finalTcpInfoError(): SocketInfoError | undefined {
    return (this.#finalError ??= this.#finalFailure?.toError());
  }

  /** The one that the protocol is spoken on. */
  get outerSocket(): Socket {
    return this.tlsSocket ?? this.socket;
  }

  /** On HTTP/2 Node's proxy, while the session has it. */
  get requestSocket(): Socket {
    const session = this.http2Session;
    return session === undefined || session.destroyed ? this.outerSocket : session.socket;
  }

  /** Whether this side ended its half. */
  get hasEnded(): boolean {
    return this.outerSocket.writableEnded;
  }

  /** Whether it has begun to be closed from this side, or by an error. */
  get isEnding(): boolean {
    return this.hasEnded || this.socket.destroyed || this.http2Session?.closed === true;
  }

  /** Whether `socket` is the accepted one, or what TLS made of it. */
  isOver(socket: object): boolean {
    return socket === this.socket || socket === this.tlsSocket;
  }

  isOf(observer: Observer): boolean {
    return this.#observer === observer;
  }

  getTcpInfo(): TcpInfo {
    return getTcpInfo(this.socket);
  }

  getPeerCredentials(): PeerCredentials {
    return getPeerCredentials(this.socket);
  }

  requestStarted(request: object): void {
    this.requests.inFlight++;
    this.startedRequests++;
    if (this.answering) this.answering.add(request);
    else this.answering = new Set([request]);
    this.timedOut = false;
    // Before listeners of users, which may throw.
    this.requestObservers?.requestStarted();
    this.#moveTo("active");
  }

  /** The answer is given, or, on HTTP/2, given up. */
  requestEnded(request: object, isServed: boolean): void {
    // Node may tell of one more when the last word is said.
    if (this.closeReason !== undefined) return;
    const ended = this.#takeAnswered(request);
    if (ended === undefined) return;
    this.requests.inFlight--;
    if (isServed) this.requests.served++;
    this.timedOut = false;
    this.requestObservers?.requestEnded(ended, isServed);
  }

  /** The request as it is known here; `undefined` of one that began before the tracker came. */
  #takeAnswered(request: object): object | undefined {
    const { answering, socket } = this;
    const ended = answering?.has(request) ? request : socket;
    if (!answering?.delete(ended)) return undefined;
    if (answering.size === 0) this.answering = undefined;
    return ended;
  }

  /** No request is left: idle, unless it is about to be closed. */
  settle(): void {
    if (this.requests.inFlight === 0 && this.state === "active") this.#moveTo("idle");
  }

  hijack(): void {
    // As in Go: what asks to take over was a request.
    this.#moveTo("active");
    this.#moveTo("hijacked");
  }

  /** Its server has it again. */
  release(): void {
    if (this.state === "hijacked") this.#changeTo("idle");
  }

  /** The first error is the cause; what comes after the end is a consequence. */
  noteError(error: unknown): void {
    if (this.closeReason === undefined && error instanceof Error) this.#error ??= error;
  }

  /**
   * Listeners of 'clientError' decide what becomes of the connection. The error ends it only if they end or destroy `socket`
   * before they return; under TLS that may not be the connection's own socket yet.
   */
  noteClientError(error: Error, socket: Socket): void {
    this.#clientError ??= error;
    setImmediate(() => {
      if (!this.isEnding && !socket.destroyed && !socket.writableEnded) this.#clientError = undefined;
    });
  }

  /** Reads the last word while the descriptor is open. Nothing in here throws: that would keep Node from closing it. */
  close(error: unknown): void {
    if (this.#closedMs !== undefined) return;
    this.#closedMs = performance.now();
    this.noteError(this.#clientError);
    this.noteError(error);
    const info = readFinalTcpInfo(this.socket);
    if (info instanceof Failure) this.#finalFailure = info;
    else this.finalTcpInfo = info;
    this.finalPeerCredentials = this.#readFinalPeer();
    this.#observer.closing(this);
  }

  #readFinalPeer(): PeerCredentials | undefined {
    if (this.#finalFailure?.code !== "ERR_SOCKINFO_NOT_TCP") return undefined;
    const credentials = readPeerCredentials(this.socket);
    return credentials instanceof Failure ? undefined : credentials;
  }

  /** After `close()`, when code of users may run again. */
  closed(): void {
    this.closeError = this.#error;
    this.closeReason = this.refusal ? "context-error" : closeReason(this);
    this.tellLost();
    this.#moveTo("closed");
  }

  /** There is nothing more to hear of its requests. */
  tellLost(): void {
    this.requestObservers?.connectionLost();
  }

  toJSON(): ConnectionSummary {
    const { code, message } = (this.closeError ?? {}) as NodeJS.ErrnoException;
    return {
      id: this.id,
      protocol: this.protocol,
      state: this.state,
      openedAt: this.openedAt.toISOString(),
      durationMs: this.durationMs,
      local: this.local,
      remote: this.remote,
      requests: { ...this.requests },
      closeReason: this.closeReason,
      closeError: code ?? message,
      finalTcpInfo: this.finalTcpInfo,
      finalTcpInfoError: this.#finalFailure?.code,
    };
  }

  /** Closed is final, and so is hijacked, unless the connection is released. */
  #moveTo(to: ConnectionState): void {
    if (this.state !== to && this.state !== "closed" && this.state !== "hijacked") this.#changeTo(to);
  }

  /** Who is being closed only gets there. */
  #changeTo(to: ConnectionState): void {
    if (!this.isTracked || (this.#closedMs !== undefined && to !== "closed")) return;
    const from = this.state;
    this.state = to;
    this.#observer.changed(this, from, to);
  }
}

/** Read in the middle of Node's own work, which an exception would keep from closing the descriptor. */
function readFinalTcpInfo(socket: Socket): TcpInfo | Failure {
  // An injected Duplex may lead to the socket of another connection.
  if (!(socket instanceof Socket)) return Failure.of("ERR_SOCKINFO_NO_SOCKET");
  try {
    const info = readTcpInfoInAnyState(socket);
    const runtime = hidingRuntime();
    // A runtime that hides descriptors looks as if this one were closed.
    const isHidden = runtime && info instanceof Failure && info.code === "ERR_SOCKINFO_SOCKET_CLOSED";
    return isHidden ? refuseRuntime(runtime) : info;
  } catch {
    return Failure.of("ERR_SOCKINFO_NO_SOCKET"); // A handle of another library's making.
  }
}
