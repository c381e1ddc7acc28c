// Follows the connections of one tracker, and counts them in the metrics of their classes.
import { nextTick } from "node:process";
import { type Failure, LinkedList, privateSlot } from "../core";
import type { Connection, ConnectionOutcome, ConnectionTracker } from "../connections";
import type { ClassMetrics } from "./class-metrics";
import { FollowedConnection } from "./followed-connection";
import { usableReading } from "./read-connection";
import { type RecordSample, recordRtt } from "./samples";
import { type LastCounters, newCounters } from "./tcp-totals";

/** Where a tracker's connections are counted. No function may throw. */
export interface Counting {
  readonly metricsOf: (connection: Connection) => ClassMetrics;
  readonly record: RecordSample;
  /** Called once, when nothing is followed any longer. */
  readonly stopped: () => void;
}

export class FollowedTracker {
  readonly tracker: ConnectionTracker<unknown>;
  readonly #counting: Counting;
  /** The oldest first. */
  readonly live: LinkedList<FollowedConnection> = new LinkedList();
  readonly #followedOf = privateSlot<FollowedConnection>();
  readonly #follower = {
    connectionOpened: (connection: Connection): void => void this.#opened(connection),
    connectionClosed: (connection: Connection): void => this.#closed(connection),
    connectionDestroyed: (connection: Connection, outcome: ConnectionOutcome): void =>
      this.#destroyed(connection, outcome),
    connectionLeft: (connection: Connection): void => this.#left(connection),
    // In the next tick, because connections that have already ended are still reported.
    trackerClosed: (): void => nextTick(() => this.stop()),
  };
  #isStopped = false;

  constructor(tracker: ConnectionTracker<unknown>, counting: Counting) {
    this.tracker = tracker;
    this.#counting = counting;
  }

  tryStart(): Failure | undefined {
    const failure = this.tracker.tryFollow(this.#follower);
    if (failure) return failure;
    for (const connection of this.tracker) this.#followFromNow(connection);
    return undefined;
  }

  /** Counts what has happened up to now, and forgets all connections. Does nothing the second time. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    for (const { connection } of this.live) this.#left(connection);
    this.tracker.unfollow(this.#follower);
    this.#counting.stopped();
  }

  #opened(connection: Connection): FollowedConnection {
    if (connection.adopted) return this.#followFromNow(connection);
    const followed = this.#follow(connection, newCounters());
    followed.metrics.opened++;
    return followed;
  }

  /** For a connection whose past is not counted. */
  #followFromNow(connection: Connection): FollowedConnection {
    const followed = this.#follow(connection, undefined);
    followed.read();
    return followed;
  }

  #follow(connection: Connection, last: LastCounters | undefined): FollowedConnection {
    const followed = new FollowedConnection(connection, this.#counting.metricsOf(connection), last);
    // The caller's function that chooses the class may have stopped this.
    if (this.#isStopped) return followed;
    this.#followedOf.set(connection, followed);
    this.live.add(followed);
    return followed;
  }

  #closed(connection: Connection): void {
    // One that is not live here has failed before it was opened: its context threw.
    const followed = this.#liveOf(connection) ?? this.#opened(connection);
    this.#forget(followed);
    const { record } = this.#counting;
    const { metrics } = followed;
    const { closeReason = "error", requests } = connection;
    metrics.closed[closeReason]++;
    record("durationSeconds", connection.durationMs / 1000, metrics.className);
    record("requests", requests.served + requests.inFlight, metrics.className);
    const reading = usableReading(connection, connection.finalTcpInfo);
    if (reading) {
      followed.count(reading);
      recordRtt(record, reading, metrics.className);
    }
    // No "destroyed" follows for a connection whose context threw.
    followed.isEnding = this.tracker.wantsEnds && closeReason !== "context-error";
  }

  #destroyed(connection: Connection, { tcpInfo }: ConnectionOutcome): void {
    const followed = this.#followedOf.get(connection);
    if (followed?.isEnding !== true) return;
    followed.isEnding = false;
    const reading = usableReading(connection, tcpInfo);
    if (reading) followed.count(reading);
  }

  /** The connection lives on, but is no longer followed. */
  #left(connection: Connection): void {
    const followed = this.#liveOf(connection);
    if (followed === undefined) return;
    followed.read();
    this.#forget(followed);
  }

  #forget(followed: FollowedConnection): void {
    followed.isLive = false;
    this.live.delete(followed);
  }

  #liveOf(connection: Connection): FollowedConnection | undefined {
    const followed = this.#followedOf.get(connection);
    return followed?.isLive === true ? followed : undefined;
  }
}
