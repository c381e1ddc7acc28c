// The watcher that watchHealth returns: looks at all connections of a tracker, and emits what begins and ends.
import { EventEmitter } from "node:events";
import { Socket } from "node:net";
import { inspect } from "node:util";
import { type Closeable, Failure, isTracker, wrongValue } from "../../core";
import { ConnectionRecord } from "../connection";
import type { ConnectionTracker, TrackerFollower } from "../tracker";
import type { Connection } from "../types";
import { CALM, CONDITIONS, conditionsIn, type Health } from "./conditions";
import { lookAt, type Watched } from "./look";
import type { HealthCondition, HealthDetails, HealthEvents } from "./types";

/** A batch of this size blocks the event loop for a millisecond or two. */
const BATCH_SIZE = 500;

export interface HealthSettings {
  readonly everyMs: number;
  readonly unsentLimitBytes: number;
}

/**
 * Looks at all connections of a tracker, and is an EventEmitter of {@link HealthEvents}. Returned by
 * {@link watchHealth}.
 */
export class HealthWatcher<Context> extends EventEmitter<HealthEvents<Context>> implements Closeable {
  static {
    // Otherwise console.log would print the fields of EventEmitter.
    Object.defineProperty(this.prototype, inspect.custom, {
      value(this: HealthWatcher<unknown>) {
        // Prototypes are printed, too.
        if (!(#settings in this)) return this;
        return { everyMs: this.#settings.everyMs, connections: this.#watched.size };
      },
    });
  }

  readonly #tracker: ConnectionTracker<Context>;
  readonly #settings: HealthSettings;
  /** Each connection that was looked at, until it closes. */
  readonly #watched = new Map<ConnectionRecord, Watched>();
  readonly #follower: TrackerFollower = {
    connectionClosed: (connection) => this.#connectionClosed(connection),
    connectionLeft: (connection) => void this.#watched.delete(connection),
    trackerClosed: () => this.close(),
  };
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #isClosed = false;

  /** @internal Only `watchHealth()` calls this. */
  constructor(tracker: ConnectionTracker<Context>, settings: HealthSettings) {
    if (!isTracker(tracker) || settings === undefined) {
      // The name of the class here would change the name that console.log prints.
      throw Failure.ofMistake("A HealthWatcher can't be constructed. Call watchHealth(tracker)").toError(
        new.target as never,
      );
    }
    super();
    this.#tracker = tracker;
    this.#settings = settings;
  }

  /** @internal */
  tryStart(): Failure | undefined {
    const failure = this.#tracker.tryFollow(this.#follower);
    if (failure === undefined) this.#awaitRound();
    return failure;
  }

  /**
   * The conditions that hold now, by the latest look: an empty list for a connection that is well, that was not looked
   * at yet, or that has closed. The list is frozen, and the call costs next to nothing.
   *
   * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` (not a connection of a tracker).
   * @example
   * if (watcher.conditionsOf(getConnection(req)).includes("slow-reader")) sendLess();
   */
  conditionsOf(connection: Connection<Context>): readonly HealthCondition[] {
    if (!(connection instanceof ConnectionRecord)) {
      const failure = wrongValue("connection", "be a connection of a tracker", connection);
      // oxlint-disable-next-line typescript/unbound-method -- only marks where the stack begins
      throw failure.toError(this.conditionsOf);
    }
    return conditionsIn(this.#watched.get(connection)?.health ?? CALM);
  }

  /**
   * Stops looking. It forgets every connection and removes its hooks from the tracker, which goes on. Nothing more is
   * emitted. Does nothing the second time.
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#tracker.unfollow(this.#follower);
    this.#watched.clear();
  }

  /** {@link HealthWatcher.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #awaitRound(): void {
    this.#timer = setTimeout(() => {
      const connections = ([...this.#tracker] as ConnectionRecord[]).filter(isOverSocket);
      this.#lookFrom(connections, 0);
    }, this.#settings.everyMs).unref();
  }

  /** The event loop runs between batches. It must not wait there, so this immediate is not unref()ed. */
  #lookFrom(connections: readonly ConnectionRecord[], first: number): void {
    const next = first + BATCH_SIZE;
    this.#look(connections.slice(first, next));
    if (next >= connections.length) this.#awaitRound();
    else this.#immediate = setImmediate(() => this.#lookFrom(connections, next));
  }

  #look(batch: readonly ConnectionRecord[]): void {
    // The tracker may have been detached from a server since the round began.
    const tracked = batch.filter(({ isTracked }) => isTracked);
    lookAt(tracked, this.#watched, this.#settings.unsentLimitBytes, (connection, from, to, details) => {
      this.#emitChanges(connection, from, to, details);
    });
  }

  #connectionClosed(connection: ConnectionRecord): void {
    const { health = CALM } = this.#watched.get(connection) ?? {};
    this.#watched.delete(connection);
    this.#emitChanges(connection, health, CALM, undefined);
  }

  /** Each event has a tick of its own, so an error that a listener throws does not keep others from theirs. */
  #emitChanges(record: ConnectionRecord, from: Health, to: Health, details: HealthDetails | undefined): void {
    const connection = record as Connection<Context>;
    for (const name of CONDITIONS) {
      if (from[name].holds === to[name].holds) continue;
      process.nextTick(() => {
        if (this.#isClosed || !record.isTracked) return;
        if (!to[name].holds) this.emit("ended", connection, name, details);
        else this.#emitBegan(connection, name, details as HealthDetails);
      });
    }
  }

  #emitBegan(connection: Connection<Context>, name: HealthCondition, details: HealthDetails): void {
    try {
      this.emit("began", connection, name, details);
    } finally {
      // A listener of "began" may have closed the watcher.
      if (!this.#isClosed) this.emit(name, connection, details);
    }
  }
}

/** Unix sockets have no TCP_INFO. An injected Duplex may lead to the socket of another connection. */
function isOverSocket({ socket, local }: ConnectionRecord): boolean {
  return socket instanceof Socket && local?.family !== "unix";
}
