// One connection of a followed tracker, and its counters at the last reading.
import type { Connection } from "../connections";
import type { ListMember } from "../core";
import type { ClassMetrics } from "./class-metrics";
import { readConnection } from "./read-connection";
import type { Reading } from "./tcp-counters";
import { countersOf, type LastCounters } from "./tcp-totals";
import { randomSlot } from "./wheel";

export class FollowedConnection implements ListMember<FollowedConnection> {
  readonly connection: Connection;
  readonly metrics: ClassMetrics;
  /** Its slot on the wheel. */
  readonly slot: number = randomSlot();
  /** False once it has closed, or its tracker no longer follows it. */
  isLive = true;
  /** The kernel may still work for the connection, which has closed. */
  isEnding = false;
  older: FollowedConnection | undefined;
  newer: FollowedConnection | undefined;
  #last: LastCounters | undefined;

  /** @param last - `undefined` if only what comes after the first reading is counted. */
  constructor(connection: Connection, metrics: ClassMetrics, last: LastCounters | undefined) {
    this.connection = connection;
    this.metrics = metrics;
    this.#last = last;
  }

  /** Reads TCP_INFO, and counts the growth. Returns `undefined` if TCP_INFO can't be read now. Never throws. */
  read(): Reading | undefined {
    const reading = this.isLive ? readConnection(this.connection) : undefined;
    if (reading) this.count(reading);
    return reading;
  }

  /** Adds the growth since the last reading to the totals. */
  count(reading: Reading): void {
    if (this.#last === undefined) this.#last = countersOf(reading);
    this.metrics.count(this.#last, reading);
  }
}
