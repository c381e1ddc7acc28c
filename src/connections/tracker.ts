// trackConnections and its tracker: which connections there are, and who is told of them. One of them: connection.ts.
import { EventEmitter } from "node:events";
import type { Server, Socket } from "node:net";
import { inspect } from "node:util";
import {
  acceptedSockets,
  Failure,
  isAnswering,
  isRefused,
  readFunction,
  readOptions,
  refuseNonServer,
  type SocketSource,
} from "../core";
import { ConnectionRecord, type Observer } from "./connection";
import { connectionOfSocket, findConnection } from "./find-connection";
import { followRequests, unfollowRequests } from "./http1-requests";
import { refuseTracking } from "./refuse-runtime";
import { protocolOf, watchServer } from "./server-hooks";
import { takeSnapshot, type Snapshot } from "./snapshot";
import { unwatchConnection, watchConnection } from "./socket-hooks";
import type { Connection, ConnectionState, TrackConnectionsOptions, TrackerEvents } from "./types";

/** Who tracks a server. */
const trackers = new WeakMap<Server, ConnectionTracker<unknown>>();

/**
 * Follows every connection of `server`, from its acceptance to the last moment in which its descriptor is open: context per
 * connection, states, counts of requests, TCP_INFO before closing. For servers of node:http, https, http2, net and tls, on TCP and
 * Unix sockets, and for what is injected by `server.emit("connection", duplex)`.
 *
 * Sources: the server's events, put first in line; the diagnostics channels `http.server.request.start` and
 * `http.server.response.finish`; and a `_destroy` of its own on each socket, where it calls
 * `getsockopt(fd, IPPROTO_TCP, TCP_INFO)` before Node closes the descriptor.
 *
 * Connections that the server has already are taken in as `adopted` ones, without their past; not those that were `unref()`ed.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` (not a `net.Server`, or `context` no function),
 * `ERR_SOCKINFO_ALREADY_TRACKED` (a server has one tracker: `getTracker(server)`), `ERR_SOCKINFO_UNSUPPORTED_RUNTIME` (Bun).
 * @example
 * const tracker = trackConnections(server, { context: () => ({ user: undefined as string | undefined }) });
 * tracker.on("closed", (connection) => console.log(JSON.stringify(connection)));
 */
export function trackConnections<Context = undefined>(
  server: Server,
  options: TrackConnectionsOptions<Context> = {},
): ConnectionTracker<Context> {
  const read = readOptions<TrackConnectionsOptions<Context>>("options", options, { context: readFunction });
  if (read instanceof Failure) throw read.toError(trackConnections);
  const tracker = new ConnectionTracker(read.context);
  const failure = tracker.tryAttach(server);
  if (failure) throw failure.toError(trackConnections);
  return tracker;
}

/**
 * The tracker that follows `server`; `undefined` if none does.
 *
 * @example
 * const tracker = getTracker(server) ?? trackConnections(server);
 */
export function getTracker(server: Server): ConnectionTracker<unknown> | undefined {
  return trackers.get(server);
}

/**
 * The live connections of one or several servers, and an EventEmitter of {@link TrackerEvents}. Made by {@link trackConnections}.
 *
 * @example
 * for (const { id, state, remote } of tracker) console.log(id, state, remote);
 */
export class ConnectionTracker<Context> extends EventEmitter<TrackerEvents<Context>> {
  static {
    // For console.log, which would show the inside of an EventEmitter.
    Object.defineProperty(this.prototype, inspect.custom, {
      value(this: ConnectionTracker<unknown>) {
        return { size: this.size, servers: this.#servers.size };
      },
    });
  }

  readonly #context: TrackConnectionsOptions<Context>["context"];
  readonly #connections = new Set<ConnectionRecord>();
  readonly #servers = new Map<Server, () => void>();
  #isClosed = false;
  readonly #observer: Observer = {
    changed: (connection, from, to) => this.#tell(connection, from, to),
    closing: (connection) => this.#remove(connection),
  };

  /** @internal */
  constructor(context: TrackConnectionsOptions<Context>["context"]) {
    super();
    this.#context = context;
  }

  /** How many connections live. */
  get size(): number {
    return this.#connections.size;
  }

  /** The live connections, the oldest first; hijacked ones are among them until they close. */
  [Symbol.iterator](): IterableIterator<Connection<Context>> {
    return this.#connections.values() as IterableIterator<Connection<Context>>;
  }

  /**
   * TCP_INFO of all live connections, and how it is distributed: {@link takeSnapshot}.
   *
   * @throws {SocketInfoError} `ERR_SOCKINFO_TRACKER_CLOSED`, and what `takeSnapshot` throws; the promise is rejected.
   * @example
   * const { quantiles } = await tracker.takeSnapshot();
   * gauge.set(quantiles.rttMs?.p99 ?? NaN);
   */
  async takeSnapshot(): Promise<Snapshot<Connection<Context>>> {
    // oxlint-disable-next-line typescript/unbound-method -- only the place where its stack begins
    if (this.#isClosed) throw Failure.of("ERR_SOCKINFO_TRACKER_CLOSED").toError(this.takeSnapshot);
    return takeSnapshot(this);
  }

  /**
   * Follows one more server. Does nothing if this tracker follows it already.
   *
   * @throws {SocketInfoError} `ERR_SOCKINFO_TRACKER_CLOSED`, `ERR_SOCKINFO_ALREADY_TRACKED` (by another tracker),
   * `ERR_SOCKINFO_INVALID_ARGUMENT` (not a `net.Server`).
   */
  attach(server: Server): this {
    const failure = this.tryAttach(server);
    // oxlint-disable-next-line typescript/unbound-method -- only the place where its stack begins
    if (failure) throw failure.toError(this.attach);
    return this;
  }

  /** @internal */
  tryAttach(server: Server): Failure | undefined {
    if (this.#isClosed) return Failure.of("ERR_SOCKINFO_TRACKER_CLOSED");
    const refusal = refuseTracking() ?? refuseNonServer(server);
    if (refusal) return refusal;
    const tracker = trackers.get(server);
    if (tracker !== undefined) return tracker === this ? undefined : Failure.of("ERR_SOCKINFO_ALREADY_TRACKED");
    trackers.set(server, this);
    followRequests();
    this.#servers.set(
      server,
      watchServer(server, (socket) => this.#add(socket, server, false)),
    );
    for (const socket of acceptedSockets(server)) {
      if (!isRefused(socket)) this.#add(socket, server, true);
    }
    return undefined;
  }

  /**
   * Stops following one server, and lets go of its connections, as {@link ConnectionTracker.close} does. Does nothing if this
   * tracker does not follow it. The server may get another tracker, or this one again.
   */
  detach(server: Server): void {
    const unwatch = this.#servers.get(server);
    if (unwatch === undefined) return;
    this.#servers.delete(server);
    unwatch();
    unfollowRequests();
    trackers.delete(server);
    for (const connection of this.#connections) {
      if (connection.server === server) this.#release(connection);
    }
  }

  /**
   * Stops following all servers and lets go of the connections, which live on. No listener stays, and `getConnection` does not
   * find them any more. Nothing more is emitted, but the "closed" of what has ended before. For good; the servers may get another
   * tracker.
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const server of this.#servers.keys()) this.detach(server);
  }

  /**
   * The connection behind `source`: anything that `getTcpInfo` takes. Also in 'close' handlers, and when it has ended.
   *
   * @throws {SocketInfoError} `ERR_SOCKINFO_NOT_TRACKED` (by this tracker), and what `getSocket` throws.
   * @example
   * const { context } = tracker.getConnection(req);
   */
  getConnection(source: SocketSource): Connection<Context> {
    const connection = this.#find(source);
    // oxlint-disable-next-line typescript/unbound-method -- only the place where its stack begins
    if (connection instanceof Failure) throw connection.toError(this.getConnection);
    return connection;
  }

  /**
   * {@link ConnectionTracker.getConnection}, or `undefined` where there is none for a reason that the caller can't help.
   *
   * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`.
   */
  tryGetConnection(source: SocketSource): Connection<Context> | undefined {
    const connection = this.#find(source);
    // oxlint-disable-next-line typescript/unbound-method -- only the place where its stack begins
    return connection instanceof Failure ? connection.toUndefined(this.tryGetConnection) : connection;
  }

  #find(source: SocketSource): Connection<Context> | Failure {
    const connection = findConnection(source);
    if (connection instanceof Failure) return connection;
    if (!connection.isOf(this.#observer)) return Failure.of("ERR_SOCKINFO_NOT_TRACKED", "another tracker does");
    return connection as Connection<Context>;
  }

  #add(socket: Socket, server: Server, isAdopted: boolean): void {
    // Handed from one tracked server to another, which is one connection still.
    if (connectionOfSocket(socket) !== undefined) return;
    // By a listener that came before: it has passed what its end would be told by. Or this tracker was closed by one.
    if (socket.destroyed || !this.#servers.has(server)) return;
    const connection = new ConnectionRecord(socket, server, this.#observer, isAdopted);
    connection.protocol = protocolOf(server);
    watchConnection(connection);
    this.#connections.add(connection);
    this.#makeContext(connection);
    if (!connection.isTracked || connection.refusal) return;
    this.#tell(connection, undefined, "new");
    if (isAdopted && isAnswering(socket)) connection.requestStarted(socket);
  }

  /** A connection without one is from then on known to "contextError" only. */
  #makeContext(connection: ConnectionRecord): void {
    try {
      connection.context = this.#context?.(connection.socket, connection as Connection<undefined>);
    } catch (error) {
      this.#connections.delete(connection);
      connection.refusal = { error };
      connection.noteError(error);
      // When Node's own listeners are through with it, and before any byte is read.
      process.nextTick(() => connection.socket.destroy());
    }
  }

  #tell(connection: ConnectionRecord, from: ConnectionState | undefined, to: ConnectionState): void {
    if (connection.refusal) return;
    this.emit("state", connection as Connection<Context>, from, to);
    if (to !== "closed") this.emit(to, connection as Connection<Context>);
  }

  #remove(connection: ConnectionRecord): void {
    this.#connections.delete(connection);
    process.nextTick(() => {
      try {
        connection.closed();
      } finally {
        // Whatever a listener of "state" threw.
        if (connection.refusal) this.#tellRefusal(connection, connection.refusal.error);
        else this.emit("closed", connection as Connection<Context>);
      }
    });
  }

  #tellRefusal(connection: ConnectionRecord, error: unknown): void {
    if (this.emit("contextError", error, connection as Connection<undefined>)) return;
    process.emitWarning(`The context of a connection could not be made: ${String(error)}`, "SocketInfoWarning");
  }

  #release(connection: ConnectionRecord): void {
    this.#connections.delete(connection);
    connection.isTracked = false;
    connection.tellLost();
    unwatchConnection(connection);
  }
}
