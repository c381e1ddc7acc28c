// The counters of one class of connections, and the values that a collection reads from its live ones.
import type { CloseReason, Connection, ConnectionState } from "../connections";
import type { Presence } from "./presence";
import { type RttQuantiles, rttQuantiles } from "./quantiles";
import { unacknowledgedBytes, unsentBytes } from "./read-connection";
import { type Reading, readOf, type TcpCounterName } from "./tcp-counters";
import { type LastCounters, TcpTotals } from "./tcp-totals";

/** The states of live connections. */
export type LiveState = Exclude<ConnectionState, "closed">;

const NO_CONNECTIONS: Readonly<Record<LiveState, number>> = { new: 0, active: 0, idle: 0, hijacked: 0 };
const NONE_CLOSED: Readonly<Record<CloseReason, number>> = {
  "client-end": 0,
  "client-reset": 0,
  "server-end": 0,
  "server-destroy": 0,
  timeout: 0,
  "protocol-error": 0,
  "tls-error": 0,
  "context-error": 0,
  error: 0,
};

export const LIVE_STATES: readonly LiveState[] = Object.keys(NO_CONNECTIONS) as LiveState[];
export const CLOSE_REASONS: readonly CloseReason[] = Object.keys(NONE_CLOSED) as CloseReason[];

/** One class at the end of a collection. It is no copy: read it at once, because it goes on counting. */
export interface ClassSnapshot {
  /** `undefined` if no tracker classifies its connections. */
  readonly className: string | undefined;
  /** The live connections. */
  readonly connections: Readonly<Record<LiveState, number>>;
  readonly opened: number;
  readonly closed: Readonly<Record<CloseReason, number>>;
  /** A total that never shrinks. `undefined` where this system lacks the counter. */
  tcp(name: TcpCounterName): number | undefined;
  /** The round-trip times of the live connections. `undefined` if none has a sample. */
  readonly rttQuantiles: RttQuantiles | undefined;
  /** Sums over the live connections. `undefined` where this system lacks the field. */
  readonly unsentBytes: number | undefined;
  readonly unacknowledgedBytes: number | undefined;
}

export class ClassMetrics implements ClassSnapshot {
  readonly className: string | undefined;
  opened = 0;
  readonly closed: Record<CloseReason, number> = { ...NONE_CLOSED };
  connections: Record<LiveState, number> = { ...NO_CONNECTIONS };
  rttQuantiles: RttQuantiles | undefined;
  unsentBytes: number | undefined;
  unacknowledgedBytes: number | undefined;
  readonly #totals = new TcpTotals();
  readonly #presence: Presence;
  /** The readings of the collection in progress, from here to `#unacknowledgedBytes`. */
  #rttsMs: number[] = [];
  #unsentBytes = 0;
  #unacknowledgedBytes = 0;

  constructor(className: string | undefined, presence: Presence) {
    this.className = className;
    this.#presence = presence;
  }

  tcp(name: TcpCounterName): number | undefined {
    return this.#presence.has(readOf(name)) ? this.#totals.get(name) : undefined;
  }

  /** Adds the growth from `last` to `reading`, and brings `last` up to date. */
  count(last: LastCounters, reading: Reading): void {
    this.#presence.note(reading);
    this.#totals.add(last, reading);
  }

  beginReadings(): void {
    this.#rttsMs = [];
    this.#unsentBytes = 0;
    this.#unacknowledgedBytes = 0;
  }

  addReading(reading: Reading): void {
    if (reading.rttMs !== undefined) this.#rttsMs.push(reading.rttMs);
    this.#unsentBytes += unsentBytes(reading) ?? 0;
    this.#unacknowledgedBytes += unacknowledgedBytes(reading) ?? 0;
  }

  /** Sorts the round-trip times, which takes about as long as a slice of readings. */
  endReadings(): void {
    this.rttQuantiles = rttQuantiles(this.#rttsMs);
    this.#rttsMs = [];
    this.unsentBytes = this.#presence.has(unsentBytes) ? this.#unsentBytes : undefined;
    this.unacknowledgedBytes = this.#presence.has(unacknowledgedBytes) ? this.#unacknowledgedBytes : undefined;
  }

  /** The caller must then call `countConnection` for each live connection, before other code runs. */
  beginCount(): void {
    this.connections = { ...NO_CONNECTIONS };
  }

  countConnection({ state }: Connection): void {
    // A connection is still followed while its "closed" is being emitted.
    if (state !== "closed") this.connections[state]++;
  }
}
