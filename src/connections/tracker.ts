// trackConnections and its tracker: the live connections of servers, and the events about them.
import { EventEmitter } from "node:events";
import type { Server, Socket } from "node:net";
import { nextTick } from "node:process";
import { inspect } from "node:util";
import {
  acceptedSockets,
  type Closeable,
  Failure,
  isAnswering,
  isRefused,
  LONGEST_DELAY_MS,
  markTracker,
  readBoolean,
  readInteger,
  readFunction,
  readOptions,
  refuseNonServer,
  type SocketSource,
} from "../core";
import { AfterClose } from "./after-close/after-close";
import { whenSettled } from "./after-close/when-settled";
import { ConnectionRecord, type ConnectionObserver } from "./connection";
import { connectionOfSocket, findConnection } from "./find-connection";
import { FollowedServer } from "./followed-server";
import { followRequests, unfollowRequests } from "./http1-requests";
import { LiveConnections } from "./live-connections";
import { refuseTracking } from "./refuse-runtime";
import { watchServer } from "./server-hooks";
import { takeSnapshot, type Snapshot } from "./snapshot";
import { unwatchConnection, watchConnection } from "./socket-hooks";
import type { ConnectionOutcome } from "./after-close/types";
import type {
  Connection,
  ConnectionState,
  TrackConnectionsOptions,
  TrackerEvents,
  WhenDestroyedOptions,
} from "./types";

const readTimeout = readInteger(LONGEST_DELAY_MS);

const trackers = new WeakMap<Server, ConnectionTracker<unknown>>();

/**
 * Follows every connection of `server`, from its acceptance to the last moment in which its descriptor is open. The
 * tracker keeps a context, the state and the number of requests of each connection, and reads TCP_INFO before the
 * descriptor is closed. It accepts servers of node:http, https, http2, net and tls, on TCP and Unix sockets. Streams
 * that are injected by `server.emit("connection", duplex)` are followed too.
 *
 * Sources: the server's events, with listeners that run first; the diagnostics channels `http.server.request.start`
 * and `http.server.response.finish`; and sockinfo's own `_destroy` on each socket, which calls
 * `getsockopt(fd, IPPROTO_TCP, TCP_INFO)` before Node closes the descriptor.
 *
 * With `afterClose`, the kernel's announcements of destroyed sockets (`sock_diag(7)`) say what became of the
 * connections after that. docs/after-close.md has the details.
 *
 * Connections that the server already has are followed too: they are `adopted`, and their past is missing. Connections
 * that were `unref()`ed are not found.
 *
 * @returns The tracker. Its `close()` undoes this call; the connections live on.
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` (not a `net.Server`, or a wrong option),
 * `ERR_SOCKINFO_ALREADY_TRACKED` (a server has one tracker: `getTracker(server)`), `ERR_SOCKINFO_UNSUPPORTED_RUNTIME`
 * (Bun).
 * @example
 * const tracker = trackConnections(server, { context: () => ({ user: undefined as string | undefined }) });
 * tracker.on("closed", (connection) => console.log(JSON.stringify(connection)));
 */
export function trackConnections<Context = undefined>(
  server: Server,
  options: TrackConnectionsOptions<Context> = {},
): ConnectionTracker<Context> {
  const read = readOptions<TrackConnectionsOptions<Context>>("options", options, {
    context: readFunction,
    afterClose: readBoolean,
  });
  if (read instanceof Failure) throw read.toError(trackConnections);
  const tracker = new ConnectionTracker(read.context, read.afterClose ?? false);
  const failure = tracker.tryAttach(server);
  if (failure) throw failure.toError(trackConnections);
  return tracker;
}

/**
 * The tracker that follows `server`, or `undefined`.
 *
 * @example
 * const tracker = getTracker(server) ?? trackConnections(server);
 */
export function getTracker(server: Server): ConnectionTracker<unknown> | undefined {
  return trackers.get(server);
}

/** Follows a tracker. Unlike a listener, it can't be seen or removed by other code. */
export interface TrackerFollower {
  /** Called before "new" is emitted. It is not called for a connection whose context threw. */
  connectionOpened?(connection: ConnectionRecord): void;
  /** Called after "closed" was emitted for the connection, even if a listener threw. */
  connectionClosed(connection: ConnectionRecord): void;
  /** Called after "destroyed" was emitted for the connection, even if a listener threw. */
  connectionDestroyed?(connection: ConnectionRecord, outcome: ConnectionOutcome): void;
  /** The tracker no longer follows the connection, which lives on. */
  connectionLeft(connection: ConnectionRecord): void;
  trackerClosed(): void;
}

/**
 * The live connections of one or several servers, and an EventEmitter of {@link TrackerEvents}. Returned by
 * {@link trackConnections}.
 *
 * @example
 * for (const { id, state, remote } of tracker) console.log(id, state, remote);
 */
export class ConnectionTracker<Context> extends EventEmitter<TrackerEvents<Context>> implements Closeable {
  static {
    // Otherwise console.log would print the fields of EventEmitter.
    Object.defineProperty(this.prototype, inspect.custom, {
      value(this: ConnectionTracker<unknown>) {
        // Prototypes are printed, too.
        if (!(#followers in this)) return this;
        return { size: this.size, servers: this.#servers.size };
      },
    });
  }

  readonly #context: TrackConnectionsOptions<Context>["context"];
  readonly #connections = new LiveConnections();
  readonly #servers = new Map<Server, () => void>();
  readonly #followers = new Set<TrackerFollower>();
  #isClosed = false;
  /**
   * @internal If it is set, the tracker leaves its server to the next tracker that attaches, and then calls this.
   * ConnectionInstrumentation sets it for trackers that the program did not ask for.
   */
  yielded: ((server: Server) => void) | undefined;
  readonly #wantsEnds: boolean;
  /** Defined from the first server on, if the ends are wanted. */
  #afterClose: AfterClose | undefined;
  readonly #observer: ConnectionObserver = {
    stateChanged: (connection, from, to) => this.#emitState(connection, from, to),
    needsCookie: () => this.#afterClose?.needsCookie ?? false,
    closing: (connection) => this.#remove(connection),
  };

  /** @internal */
  constructor(context: TrackConnectionsOptions<Context>["context"], wantsEnds: boolean) {
    super();
    this.#context = context;
    this.#wantsEnds = wantsEnds;
    markTracker(this);
    if (!wantsEnds) (this as unknown as EventEmitter).on("newListener", warnOfDestroyed);
  }

  /** The number of live connections. */
  get size(): number {
    return this.#connections.size;
  }

  /** @internal The servers that it follows. */
  get servers(): Iterable<Server> {
    return this.#servers.keys();
  }

  /** @internal Whether "destroyed" will be emitted for each closed connection. */
  get wantsEnds(): boolean {
    return this.#wantsEnds;
  }

  /**
   * The live connections, the oldest first. Hijacked ones are among them until they close. Those that come or close
   * while you iterate are left out.
   */
  [Symbol.iterator](): IterableIterator<Connection<Context>> {
    return this.#connections[Symbol.iterator]() as IterableIterator<Connection<Context>>;
  }

  /**
   * TCP_INFO of all live connections, and its distribution: {@link takeSnapshot}.
   *
   * @throws {SocketInfoError} As the promise's rejection: `ERR_SOCKINFO_TRACKER_CLOSED`, and what `takeSnapshot`
   * throws.
   * @example
   * const { quantiles } = await tracker.takeSnapshot();
   * gauge.set(quantiles.rttMs?.p99 ?? NaN);
   */
  async takeSnapshot(): Promise<Snapshot<Connection<Context>>> {
    // oxlint-disable-next-line typescript/unbound-method -- only marks where the stack begins
    if (this.#isClosed) throw Failure.of("ERR_SOCKINFO_TRACKER_CLOSED").toError(this.takeSnapshot);
    return takeSnapshot(this);
  }

  /**
   * Waits for the outcomes of the connections that are closed and have none yet: what is left to do after
   * `server.close()`, before the process exits. Live connections are not awaited. The process stays alive until then,
   * and no longer than `timeoutMs`. Needs the option `afterClose`; otherwise there is nothing to wait for.
   *
   * @returns How many closed connections are still without an outcome: 0, unless the time is over.
   * @throws {SocketInfoError} As the promise's rejection: `ERR_SOCKINFO_INVALID_ARGUMENT`.
   * @example
   * server.close(async () => {
   *   await tracker.whenDestroyed({ timeoutMs: 5000 });
   *   tracker.close();
   * });
   */
  async whenDestroyed(options: WhenDestroyedOptions): Promise<number> {
    const read = readOptions<WhenDestroyedOptions>("options", options, { timeoutMs: readTimeout });
    // oxlint-disable-next-line typescript/unbound-method -- only marks where the stack begins
    if (read instanceof Failure) throw read.toError(this.whenDestroyed);
    // Not every option of an object is given.
    const timeoutMs = readTimeout("options.timeoutMs", read.timeoutMs);
    // oxlint-disable-next-line typescript/unbound-method -- only marks where the stack begins
    if (timeoutMs instanceof Failure) throw timeoutMs.toError(this.whenDestroyed);
    return this.#afterClose === undefined ? 0 : whenSettled(this.#afterClose, timeoutMs);
  }

  /**
   * Follows one more server. Does nothing if this tracker already follows it.
   *
   * @throws {SocketInfoError} `ERR_SOCKINFO_TRACKER_CLOSED`, `ERR_SOCKINFO_ALREADY_TRACKED` (by another tracker),
   * `ERR_SOCKINFO_INVALID_ARGUMENT` (not a `net.Server`).
   */
  attach(server: Server): this {
    const failure = this.tryAttach(server);
    // oxlint-disable-next-line typescript/unbound-method -- only marks where the stack begins
    if (failure) throw failure.toError(this.attach);
    return this;
  }

  /** @internal */
  tryAttach(server: Server): Failure | undefined {
    if (this.#isClosed) return Failure.of("ERR_SOCKINFO_TRACKER_CLOSED");
    const refusal = refuseTracking() ?? refuseNonServer(server);
    if (refusal) return refusal;
    const before = trackers.get(server);
    if (before === this) return undefined;
    if (before !== undefined && before.yielded === undefined) return Failure.of("ERR_SOCKINFO_ALREADY_TRACKED");
    before?.detach(server);
    trackers.set(server, this);
    if (this.#wantsEnds) {
      this.#afterClose ??= new AfterClose(this.#connections, (connection, outcome) =>
        this.#emitDestroyed(connection, outcome),
      );
    }
    followRequests();
    const followed = new FollowedServer(server);
    this.#servers.set(
      server,
      watchServer(followed, (socket) => this.#add(socket, followed, false)),
    );
    for (const socket of acceptedSockets(server)) {
      if (!isRefused(socket)) this.#add(socket, followed, true);
    }
    before?.yielded?.(server);
    return undefined;
  }

  /**
   * Undoes `attach(server)`. It does for one server and its connections what {@link ConnectionTracker.close} does for
   * all. Does nothing if this tracker does not follow the server. Afterwards this tracker or another one may follow
   * it.
   */
  detach(server: Server): void {
    if (!this.#servers.has(server)) return;
    this.#unwatch(server);
    const isLast = this.#servers.size === 0;
    this.#stopTracking(isLast ? this.#connections : this.#connections.ofServer(server));
    this.#afterClose?.detach(server);
  }

  /**
   * Stops following all servers and their connections, which live on. It removes every listener and hook, and
   * `getConnection` no longer finds the connections. Nothing more is emitted, except "closed" and "destroyed" for
   * connections that have already ended. A closed tracker can't be used again, but the servers may get another one.
   * Does nothing the second time.
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const server of this.#servers.keys()) this.#unwatch(server);
    this.#stopTracking(this.#connections);
    this.#afterClose?.close();
    for (const follower of this.#followers) follower.trackerClosed();
  }

  /** {@link ConnectionTracker.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * The connection of `source`, which is anything that `getTcpInfo` takes. It is found even in 'close' listeners, and
   * after its end.
   *
   * @throws {SocketInfoError} `ERR_SOCKINFO_NOT_TRACKED` (by this tracker), and what `getSocket` throws.
   * @example
   * const { context } = tracker.getConnection(req);
   */
  getConnection(source: SocketSource): Connection<Context> {
    const connection = this.#find(source);
    // oxlint-disable-next-line typescript/unbound-method -- only marks where the stack begins
    if (connection instanceof Failure) throw connection.toError(this.getConnection);
    return connection;
  }

  /**
   * {@link ConnectionTracker.getConnection}, but returns `undefined` when there is no connection for a reason outside
   * the caller's control.
   *
   * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`.
   */
  tryGetConnection(source: SocketSource): Connection<Context> | undefined {
    const connection = this.#find(source);
    // oxlint-disable-next-line typescript/unbound-method -- only marks where the stack begins
    return connection instanceof Failure ? connection.toUndefined(this.tryGetConnection) : connection;
  }

  /** @internal */
  tryFollow(follower: TrackerFollower): Failure | undefined {
    if (this.#isClosed) return Failure.of("ERR_SOCKINFO_TRACKER_CLOSED");
    this.#followers.add(follower);
    return undefined;
  }

  /** @internal */
  unfollow(follower: TrackerFollower): void {
    this.#followers.delete(follower);
  }

  #find(source: SocketSource): Connection<Context> | Failure {
    const connection = findConnection(source);
    if (connection instanceof Failure) return connection;
    if (!connection.isObservedBy(this.#observer)) {
      return Failure.of("ERR_SOCKINFO_NOT_TRACKED", "this tracker does not follow it, but another one does");
    }
    return connection as Connection<Context>;
  }

  #add(socket: Socket, followed: FollowedServer, isAdopted: boolean): void {
    // A connection that one tracked server hands to another stays one connection.
    if (connectionOfSocket(socket) !== undefined) return;
    // A listener that ran before ours may have destroyed the socket, so that our hooks come too late. Or it has closed
    // this tracker.
    if (socket.destroyed || !this.#servers.has(followed.server)) return;
    const connection = new ConnectionRecord(socket, followed, this.#observer, isAdopted);
    watchConnection(connection);
    this.#connections.add(connection);
    this.#afterClose?.opened(connection);
    this.#makeContext(connection);
    if (!connection.isTracked || connection.contextFailure) return;
    for (const follower of this.#followers) follower.connectionOpened?.(connection);
    // A follower may call the user's code, which may have closed this tracker.
    if (!connection.isTracked) return;
    this.#emitState(connection, undefined, "new");
    if (isAdopted && isAnswering(socket)) connection.requestStarted(socket);
  }

  /** When `context` throws, the only event of the connection is "contextError". */
  #makeContext(connection: ConnectionRecord): void {
    try {
      connection.context = this.#context?.(connection.socket, connection as Connection<undefined>);
    } catch (error) {
      this.#connections.delete(connection);
      connection.contextFailure = { error };
      connection.noteError(error);
      // In the next tick, Node's own listeners have handled the socket, but no byte of it has been read.
      nextTick(() => connection.socket.destroy());
    }
  }

  #emitState(connection: ConnectionRecord, from: ConnectionState | undefined, to: ConnectionState): void {
    if (connection.contextFailure) return;
    this.emit("state", connection as Connection<Context>, from, to);
    if (to !== "closed") this.emit(to, connection as Connection<Context>);
  }

  #remove(connection: ConnectionRecord): void {
    this.#connections.delete(connection);
    nextTick(ConnectionTracker.#reportClosed, this, connection);
    // Later than the lines above, so that "destroyed" comes after "closed".
    if (!connection.contextFailure) this.#afterClose?.closing(connection);
  }

  static #reportClosed(tracker: ConnectionTracker<unknown>, connection: ConnectionRecord): void {
    try {
      connection.emitClosed();
    } finally {
      tracker.#emitEnd(connection);
    }
  }

  /** Called even if a listener of "state" threw. */
  #emitEnd(connection: ConnectionRecord): void {
    try {
      if (connection.contextFailure) this.#emitContextError(connection, connection.contextFailure.error);
      else this.emit("closed", connection as Connection<Context>);
    } finally {
      for (const follower of this.#followers) follower.connectionClosed(connection);
    }
  }

  #emitDestroyed(connection: ConnectionRecord, outcome: ConnectionOutcome): void {
    try {
      this.emit("destroyed", connection as Connection<Context>, outcome);
    } finally {
      for (const follower of this.#followers) follower.connectionDestroyed?.(connection, outcome);
    }
  }

  #emitContextError(connection: ConnectionRecord, error: unknown): void {
    if (this.emit("contextError", error, connection as Connection<undefined>)) return;
    process.emitWarning(
      `The "options.context" function of trackConnections() threw, and the connection was closed: ${String(error)}. ` +
        'Listen for "contextError" to handle such errors',
      "SocketInfoWarning",
    );
  }

  #unwatch(server: Server): void {
    const unwatch = this.#servers.get(server);
    this.#servers.delete(server);
    unwatch?.();
    unfollowRequests();
    trackers.delete(server);
  }

  #stopTracking(connections: Iterable<ConnectionRecord>): void {
    for (const connection of connections) {
      this.#connections.delete(connection);
      connection.isTracked = false;
      connection.endMeasurements();
      for (const follower of this.#followers) follower.connectionLeft(connection);
      unwatchConnection(connection);
    }
  }
}

/** An event that never comes is easily taken for a connection that never ends. Warns once for each tracker. */
function warnOfDestroyed(this: EventEmitter, event: string | symbol): void {
  if (event !== "destroyed") return;
  this.off("newListener", warnOfDestroyed);
  process.emitWarning(
    'A listener of "destroyed" was added to a tracker without the option "afterClose", so it is never called. ' +
      "Pass { afterClose: true } to trackConnections()",
    "SocketInfoWarning",
  );
}
