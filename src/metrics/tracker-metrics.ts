// The metrics of one or several trackers, which add up. Events are counted when they happen. A collection also reads
// TCP_INFO of the live connections.
import type { Server } from "node:net";
import { type Closeable, closeOnce, Failure } from "../core";
import type { Connection, ConnectionTracker } from "../connections";
import { ClassMetrics, type ClassSnapshot } from "./class-metrics";
import { Classifier, type Classify } from "./classify";
import type { FollowedConnection } from "./followed-connection";
import { FollowedTracker } from "./followed-tracker";
import { Listeners, type ListenerSnapshot } from "./listeners";
import { Presence } from "./presence";
import { unacknowledgedBytes, unsentBytes } from "./read-connection";
import { type RecordSample, recordRtt } from "./samples";
import { inSlices } from "./slices";
import { TCP_COUNTERS } from "./tcp-counters";
import { Wheel } from "./wheel";

/** The result of a collection. Read it at once, because the classes go on counting. */
export interface MetricsSnapshot {
  /** One class without a name if the trackers do not classify. Otherwise the classes that have occurred. */
  readonly classes: readonly ClassSnapshot[];
  readonly listeners: ListenerSnapshot;
}

export class TrackerMetrics {
  readonly #record: RecordSample;
  readonly #trackers = new Map<ConnectionTracker<unknown>, FollowedTracker>();
  readonly #classes = new Map<string | undefined, ClassMetrics>();
  readonly #classifier = new Classifier();
  readonly #listeners = new Listeners();
  readonly #presence = new Presence([...TCP_COUNTERS.map(({ read }) => read), unsentBytes, unacknowledgedBytes]);
  readonly #wheel = new Wheel((slot) => this.#turn(slot));
  #collection: Promise<MetricsSnapshot> | undefined;

  /** @param record - Receives the samples: some when a connection closes, some once a minute. Must not throw. */
  constructor(record: RecordSample) {
    this.#record = record;
  }

  /**
   * Counts the tracker's connections from now on, until the result is closed. After that, and after the end of the
   * tracker, the totals stay as they are.
   */
  tryFollow(tracker: ConnectionTracker<unknown>, classify: Classify | undefined): Closeable | Failure {
    if (this.#trackers.has(tracker)) {
      return Failure.ofMistake(
        'The "tracker" argument must not be registered here already. Close the earlier registration first',
      );
    }
    if (classify === undefined) this.#metrics(undefined);
    const followed = new FollowedTracker(tracker, {
      metricsOf: (connection) => this.#metrics(classify && this.#classOf(connection, classify)),
      record: this.#record,
      stopped: () => this.#stopped(tracker),
    });
    this.#trackers.set(tracker, followed);
    const failure = followed.tryStart();
    if (failure) this.#trackers.delete(tracker);
    else if (this.#trackers.has(tracker)) this.#wheel.start();
    return failure ?? closeOnce(() => followed.stop());
  }

  /** Reads all live connections, in slices. Calls at the same time share one collection. Never rejects. */
  collect(): Promise<MetricsSnapshot> {
    return (this.#collection ??= this.#readAll());
  }

  async #readAll(): Promise<MetricsSnapshot> {
    for (const metrics of this.#classes.values()) metrics.beginReadings();
    await inSlices(this.#live(), (followed) => {
      const reading = followed.read();
      if (reading) followed.metrics.addReading(reading);
    });
    await inSlices([...this.#classes.values()], (metrics) => metrics.endReadings(), 1);
    // From here on no other code runs, so that all counts are of one moment.
    for (const metrics of this.#classes.values()) metrics.beginCount();
    for (const { live } of this.#trackers.values()) {
      for (const { metrics, connection } of live) metrics.countConnection(connection);
    }
    this.#collection = undefined;
    return { classes: [...this.#classes.values()], listeners: this.#listeners.read(this.#servers()) };
  }

  #live(): FollowedConnection[] {
    return [...this.#trackers.values()].flatMap(({ live }) => live.toArray());
  }

  #servers(): Server[] {
    return [...this.#trackers.keys()].flatMap(({ servers }) => [...servers]);
  }

  #classOf(connection: Connection, classify: Classify): string {
    // The context threw, so `classify` would get a connection without a context.
    return connection.closeReason === "context-error" ? "other" : this.#classifier.classOf(connection, classify);
  }

  #metrics(className: string | undefined): ClassMetrics {
    let metrics = this.#classes.get(className);
    if (metrics === undefined) {
      metrics = new ClassMetrics(className, this.#presence);
      this.#classes.set(className, metrics);
    }
    return metrics;
  }

  #stopped(tracker: ConnectionTracker<unknown>): void {
    this.#trackers.delete(tracker);
    if (this.#trackers.size === 0) this.#wheel.stop();
  }

  /** Once a minute for each connection. Between two readings, no counter of 32 bits can wrap twice. */
  #turn(slot: number): void {
    this.#listeners.read(this.#servers());
    const members = this.#live().filter((followed) => followed.slot === slot);
    void inSlices(members, (followed) => {
      const reading = followed.read();
      if (reading) recordRtt(this.#record, reading, followed.metrics.className);
    });
  }
}
