// The record of one connection: its counts, its state, and its final TCP_INFO. The hooks report events to it, and it
// reports its changes to its tracker.
import type { ServerHttp2Session } from "node:http2";
import type { Server, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { inspect } from "node:util";
import {
  type AddressBytes,
  cookieBesideTcpInfo,
  Failure,
  getPeerCredentials,
  getTcpInfo,
  isAcceptedBy,
  isSocket,
  type KeptTcpInfo,
  type ListMember,
  loadAddon,
  otherRuntime,
  type PeerCredentials,
  readKeptTcpInfo,
  readPeerCredentials,
  refuseRuntime,
  type SocketInfoError,
  type TcpInfo,
  type TcpState,
  type TcpTimeShares,
  timeShares,
  type TrackedConnection,
  wasAccepted,
} from "../core";
import { nowMs } from "./clock";
import { closeReason } from "./close-reason";
import { addressesOf, localEndpoint, remoteEndpoint, toEndpoint } from "./endpoints";
import type { FollowedServer } from "./followed-server";
import type { RequestObservers } from "./request-observers";
import { showsSentSyn } from "./sent-syn";
import type { CloseReason, Connection, ConnectionState, ConnectionSummary, Endpoint, RequestCounts } from "./types";

/** The calls by which a connection reports to its tracker. */
export interface ConnectionObserver {
  stateChanged(connection: ConnectionRecord, from: ConnectionState | undefined, to: ConnectionState): void;
  /**
   * Node is about to close the descriptor. No user code may run now, because Node is in the middle of its own work.
   */
  closing(connection: ConnectionRecord): void;
  /** Whether to read `finalCookie` with the final TCP_INFO. Only on Linux. */
  needsCookie(): boolean;
}

/** An injected Duplex may lead to the socket of another connection, as a stream of HTTP/2 does. */
const WITHOUT_SOCKET = Failure.of("ERR_SOCKINFO_NO_SOCKET", "the connection runs over an injected stream");

let lastId = 0;

export class ConnectionRecord implements Connection, TrackedConnection, ListMember<ConnectionRecord> {
  static {
    // Otherwise console.log would print pages of sockets.
    Object.defineProperty(this.prototype, inspect.custom, {
      value(this: ConnectionRecord) {
        return this.toJSON();
      },
    });
  }

  readonly id: number = ++lastId;
  /** Its neighbours among the tracker's live connections. */
  older: ConnectionRecord | undefined;
  newer: ConnectionRecord | undefined;
  readonly socket: Socket;
  readonly server: Server;
  readonly adopted: boolean;
  readonly requests: RequestCounts & { served: number; inFlight: number } = { served: 0, inFlight: 0 };
  #local: AddressBytes | Endpoint | undefined;
  #remote: AddressBytes | Endpoint | undefined;
  /** Whether this side opened the connection. `undefined` if that is not certain. Only on Linux. */
  sentSyn: boolean | undefined;
  tlsSocket: TLSSocket | undefined;
  protocol: string | undefined;
  state: ConnectionState = "new";
  context: unknown;
  /** What is not decoded yet. */
  #finalBytes: KeptTcpInfo | undefined;
  #finalTcpInfo: TcpInfo | undefined;
  /** Whether it is known that the socket is not MPTCP. */
  readonly #isTcp: boolean;
  /** Read just before the descriptor was closed. For Unix sockets only. */
  finalPeerCredentials: PeerCredentials | undefined;
  /** SO_COOKIE, if the observer needs it: the kernel's number for the socket, also after its descriptor is closed. */
  finalCookie: bigint | undefined;
  #finalFailure: Failure | undefined;
  #finalError: SocketInfoError | undefined;
  closeReason: CloseReason | undefined;
  closeError: Error | undefined;
  /** The error that will be `closeError`. */
  #error: Error | undefined;
  /** An error that does not end the connection, if a listener of 'clientError' lets the connection live. */
  #clientError: Error | undefined;
  http2Session: ServerHttp2Session | undefined;
  /** False once the tracker was closed or detached from the server. */
  isTracked = true;
  timedOut = false;
  /** The side that ended its half first. `undefined` if no stream reported it. */
  firstToEnd: "client" | "server" | undefined;
  /** The side that sent the first GOAWAY. */
  firstToSendGoaway: "client" | "server" | undefined;
  /** What `context` threw for this connection. */
  contextFailure: { readonly error: unknown } | undefined;
  /**
   * A request in flight. For one from before the tracker, it is the socket, because Node does not show the request.
   */
  #answering: object | undefined;
  /** The other requests in flight: pipelined ones, and streams of HTTP/2. */
  #alsoAnswering: Set<object> | undefined;
  /** Defined while an answered request's body is unread. The connection becomes idle at the body's end. */
  stopAwaitingBody: (() => void) | undefined;
  /** How many requests have started. */
  startedRequests = 0;
  requestObservers: RequestObservers | undefined;
  readonly #observer: ConnectionObserver;
  /** By the wall clock, which may be set back. So durations are taken from the monotonic clock. */
  readonly #openedAtMs: number = Date.now();
  readonly #openedMs: number = nowMs();
  #closedMs: number | undefined;

  constructor(
    socket: Socket,
    { server, protocol, listener }: FollowedServer,
    observer: ConnectionObserver,
    adopted: boolean,
  ) {
    this.socket = socket;
    this.server = server;
    this.protocol = protocol;
    this.adopted = adopted;
    const isAccepted = isAcceptedBy(socket, server);
    this.#isTcp = isAccepted && listener.isTcp;
    this.#local = isAccepted ? listener.local : undefined;
    const addresses = addressesOf(socket, this.#local);
    this.#local ??= addresses?.local ?? localEndpoint(socket);
    this.#remote = addresses?.remote ?? remoteEndpoint(socket);
    this.#observer = observer;
    // A system call only for a socket that other code hands to the server.
    this.sentSyn = !wasAccepted(socket) && (socket.connecting || showsSentSyn(readFirstTcpInfo(socket)));
  }

  get local(): Endpoint | undefined {
    return (this.#local = toEndpoint(this.#local));
  }

  get remote(): Endpoint | undefined {
    return (this.#remote = toEndpoint(this.#remote));
  }

  get openedAt(): Date {
    return new Date(this.#openedAtMs);
  }

  get durationMs(): number {
    return (this.#closedMs ?? nowMs()) - this.#openedMs;
  }

  /** When it closed, by the monotonic clock. `finalTcpInfo` is of that moment. */
  get closedMs(): number | undefined {
    return this.#closedMs;
  }

  get finalTcpInfo(): TcpInfo | undefined {
    if (this.#finalBytes !== undefined) {
      this.#finalTcpInfo = this.#finalBytes.decode();
      this.#finalBytes = undefined;
    }
    return this.#finalTcpInfo;
  }

  /** The state in `finalTcpInfo`, which this does not decode. */
  get finalState(): TcpState | undefined {
    return this.#finalBytes === undefined ? this.#finalTcpInfo?.state : this.#finalBytes.state;
  }

  get timeShares(): TcpTimeShares | undefined {
    const { finalTcpInfo } = this;
    if (finalTcpInfo === undefined || this.adopted) return undefined;
    return timeShares(undefined, finalTcpInfo, this.durationMs);
  }

  /** The error is made on demand, because every connection of a Unix socket has one. */
  get finalTcpInfoError(): SocketInfoError | undefined {
    return (this.#finalError ??= this.#finalFailure?.toError());
  }

  /** The socket that carries the protocol: the TLS socket where there is one. */
  get outerSocket(): Socket {
    return this.tlsSocket ?? this.socket;
  }

  /** The `socket` of the requests. On HTTP/2 that is Node's proxy, until the session is destroyed. */
  get requestSocket(): Socket {
    const session = this.http2Session;
    return session === undefined || session.destroyed ? this.outerSocket : session.socket;
  }

  /** Whether this side has ended its half. */
  get writableEnded(): boolean {
    return this.outerSocket.writableEnded;
  }

  /** Whether this side, or an error, has begun to close the connection. */
  get isEnding(): boolean {
    return this.writableEnded || this.socket.destroyed || this.http2Session?.closed === true;
  }

  /** Whether `socket` is the accepted socket or the TLS socket over it. */
  ownsSocket(socket: object): boolean {
    return socket === this.socket || socket === this.tlsSocket;
  }

  isObservedBy(observer: ConnectionObserver): boolean {
    return this.#observer === observer;
  }

  getTcpInfo(): TcpInfo {
    if (!isSocket(this.socket)) throw WITHOUT_SOCKET.toError(this.getTcpInfo);
    return getTcpInfo(this.socket);
  }

  getPeerCredentials(): PeerCredentials {
    if (!isSocket(this.socket)) throw WITHOUT_SOCKET.toError(this.getPeerCredentials);
    return getPeerCredentials(this.socket);
  }

  requestStarted(request: object): void {
    this.requests.inFlight++;
    this.startedRequests++;
    if (this.#answering === undefined) this.#answering = request;
    else (this.#alsoAnswering ??= new Set()).add(request);
    this.timedOut = false;
    // Called before the listeners of users, because these may throw.
    this.requestObservers?.requestStarted();
    this.#setState("active");
  }

  /**
   * The response is finished. `isServed` is false if the response was aborted (reported on HTTP/2 only) or the
   * connection was hijacked.
   */
  requestEnded(request: object, isServed: boolean): void {
    // Node may report the end of another request after the connection has closed.
    if (this.closeReason !== undefined) return;
    const ended = this.#deleteAnswering(request);
    if (ended === undefined) return;
    this.requests.inFlight--;
    if (isServed) this.requests.served++;
    this.timedOut = false;
    this.requestObservers?.requestEnded(ended, isServed);
  }

  /**
   * Returns the object that stood for the request. `undefined` if the request began before the tracker
   * came.
   */
  #deleteAnswering(request: object): object | undefined {
    const ended = this.isAnswering(request) ? request : this.socket;
    if (this.#answering === ended) this.#answering = undefined;
    else if (this.#alsoAnswering?.delete(ended) !== true) return undefined;
    return ended;
  }

  /** Whether that request is in flight. */
  isAnswering(request: object): boolean {
    return this.#answering === request || this.#alsoAnswering?.has(request) === true;
  }

  /** The number of requests in flight. */
  get answeringCount(): number {
    return Number(this.#answering !== undefined) + (this.#alsoAnswering?.size ?? 0);
  }

  /** A copy of the requests in flight, in any order. */
  get answering(): readonly object[] {
    const others = this.#alsoAnswering ?? [];
    return this.#answering === undefined ? [...others] : [this.#answering, ...others];
  }

  /** Does nothing while a request is in flight. The caller has checked that the connection is not about to close. */
  becomeIdle(): void {
    if (this.requests.inFlight === 0 && this.state === "active") this.#setState("idle");
  }

  hijack(): void {
    // As in Go, the request that led to this makes the connection active first.
    this.#setState("active");
    this.#setState("hijacked");
  }

  /** The server has the connection again. */
  release(): void {
    if (this.state === "hijacked") this.#changeState("idle");
  }

  /** Keeps the first error, because that is the cause. Errors that come after the end are consequences. */
  noteError(error: unknown): void {
    if (this.closeReason === undefined && error instanceof Error) this.#error ??= error;
  }

  /**
   * Listeners of 'clientError' decide whether the connection survives. The error ends it only if they end or destroy
   * `socket` before they return. Under TLS `socket` may not be the connection's own socket yet.
   */
  noteClientError(error: Error, socket: Socket): void {
    this.#clientError ??= error;
    setImmediate(() => {
      if (!this.isEnding && !socket.destroyed && !socket.writableEnded) this.#clientError = undefined;
    });
  }

  /**
   * Reads the final TCP_INFO while the descriptor is still open. This must not throw, because then Node would not
   * close the descriptor.
   */
  recordClose(error: unknown): void {
    if (this.#closedMs !== undefined) return;
    this.#closedMs = nowMs();
    this.noteError(this.#clientError);
    this.noteError(error);
    const withCookie = this.#observer.needsCookie();
    const info = readBytesSafely(this.socket, withCookie, this.#isTcp);
    if (info instanceof Failure) this.#finalFailure = info;
    else this.#finalBytes = info;
    if (withCookie && this.#finalBytes) this.finalCookie = readFinalCookie();
    this.sentSyn ??= showsSentSyn(this.finalTcpInfo);
    this.finalPeerCredentials = this.#readFinalPeer();
    this.#observer.closing(this);
  }

  #readFinalPeer(): PeerCredentials | undefined {
    if (this.#finalFailure?.code !== "ERR_SOCKINFO_NOT_TCP") return undefined;
    const credentials = readPeerCredentials(this.socket);
    return credentials instanceof Failure ? undefined : credentials;
  }

  /** Called after `recordClose()`, when user code may run again. */
  emitClosed(): void {
    this.closeError = this.#error;
    this.closeReason = this.contextFailure ? "context-error" : closeReason(this);
    this.endMeasurements();
    this.#setState("closed");
  }

  /** Ends the measurements of requests, because no more events of them will be reported. */
  endMeasurements(): void {
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
      timeShares: this.timeShares,
    };
  }

  /** Does nothing when the connection is closed or hijacked. Only `release()` ends the state "hijacked". */
  #setState(to: ConnectionState): void {
    if (this.state !== to && this.state !== "closed" && this.state !== "hijacked") this.#changeState(to);
  }

  /** Once closing has begun, the only transition left is to "closed". */
  #changeState(to: ConnectionState): void {
    if (!this.isTracked || (this.#closedMs !== undefined && to !== "closed")) return;
    const from = this.state;
    this.state = to;
    this.#observer.stateChanged(this, from, to);
  }
}

/** The cookie that was read with the final TCP_INFO. `undefined` before Linux 4.12. */
function readFinalCookie(): bigint | undefined {
  const binding = loadAddon();
  return binding instanceof Failure ? undefined : cookieBesideTcpInfo(binding);
}

function readFirstTcpInfo(socket: Socket): TcpInfo | undefined {
  const info = readBytesSafely(socket, false, false);
  return info instanceof Failure ? undefined : info.decode();
}

/**
 * Does not throw. It runs in the middle of Node's own work, and an exception would keep Node from closing the
 * descriptor.
 */
function readBytesSafely(socket: Socket, withCookie: boolean, isTcp: boolean): KeptTcpInfo | Failure {
  // An injected Duplex may lead to the socket of another connection.
  if (!isSocket(socket)) return WITHOUT_SOCKET;
  try {
    const info = readKeptTcpInfo(socket, withCookie ? "tcpInfoAndCookie" : "tcpInfo", isTcp);
    if (!(info instanceof Failure)) return info;
    const runtime = otherRuntime();
    // In a runtime that hides descriptors, the socket looks closed.
    return runtime && info.code === "ERR_SOCKINFO_SOCKET_CLOSED" ? refuseRuntime(runtime) : info;
  } catch {
    return Failure.of("ERR_SOCKINFO_NO_SOCKET"); // Another library made the handle.
  }
}
