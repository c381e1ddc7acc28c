// takeSnapshot: connections → the TCP_INFO of all of them, and its distribution. The event loop runs between batches.
import type { Socket } from "node:net";
import { promises as timers } from "node:timers";
import { Failure, isSocket, readTcpInfoBatch, type TcpInfo, type TcpInfoRows, wrongValue } from "../core";
import { quantilesOf, type Quantiles } from "../quantiles";

/** A batch of this size blocks the event loop for a millisecond or two. */
const BATCH_SIZE = 1000;

/** The distribution of the connections' values. `undefined` where no connection has such a value. */
export interface SnapshotQuantiles {
  /** `TcpInfo.rttMs`. Connections that have no sample yet are left out. */
  readonly rttMs: Quantiles | undefined;
  /** `LinuxTcpInfo.minRttMs`. `undefined` on macOS. */
  readonly minRttMs: Quantiles | undefined;
  /**
   * `retransmittedSegments / dataSegmentsSent` of each connection since it began. Connections that have sent no data
   * are left out. A short connection may exceed 1 after its SYN was sent again, because Linux counts that SYN as
   * retransmitted and not as sent.
   */
  readonly retransmissionRatio: Quantiles | undefined;
  /** `TcpInfo.sndCwndBytes`. */
  readonly sndCwndBytes: Quantiles | undefined;
}

/**
 * TCP_INFO of all connections that existed when the snapshot was begun. Iterating it yields each connection that
 * could be read, with its `TcpInfo`, and decodes only then. A snapshot holds its connections, and 512 bytes for each,
 * as long as you keep it.
 */
export interface Snapshot<C> extends Iterable<readonly [connection: C, info: TcpInfo]> {
  /** When the snapshot was begun. */
  readonly takenAt: Date;
  /** How long the snapshot took, in milliseconds, including other work of the process meanwhile. */
  readonly durationMs: number;
  /** The number of connections that were read. */
  readonly size: number;
  /** The number of connections that were not read, because they closed meanwhile or are not over TCP. */
  readonly skipped: number;
  readonly quantiles: SnapshotQuantiles;
}

/**
 * `getsockopt(fd, IPPROTO_TCP, TCP_INFO)` of every connection, for up to 1000 of them in each native call. The event
 * loop runs between these calls. Each descriptor is read from its live socket just before the call that uses it. So a
 * connection that closes before its turn is skipped, and never confused with a new one that has its descriptor number.
 *
 * @param connections - Objects with a `socket`. Connections that come later are not in the snapshot.
 * @throws {SocketInfoError} As the promise's rejection: `ERR_SOCKINFO_INVALID_ARGUMENT`,
 * `ERR_SOCKINFO_UNSUPPORTED_PLATFORM`, `ERR_SOCKINFO_ADDON_LOAD_FAILED`.
 * @example
 * const { quantiles } = await takeSnapshot([...sockets].map((socket) => ({ socket })));
 * console.log(quantiles.rttMs?.p99);
 * @see tcp(7)
 */
export async function takeSnapshot<C extends { readonly socket: Socket }>(
  connections: Iterable<C>,
): Promise<Snapshot<C>> {
  const takenAt = new Date();
  const start = performance.now();
  const all = toArray(connections);
  if (all instanceof Failure) throw all.toError(takeSnapshot);
  const batches: Batch<C>[] = [];
  const rttMs = new FieldValues(all.length);
  const minRttMs = new FieldValues(all.length);
  const retransmissionRatio = new FieldValues(all.length);
  const sndCwndBytes = new FieldValues(all.length);
  for (let first = 0; first < all.length; first += BATCH_SIZE) {
    if (first > 0) await timers.setImmediate();
    const batch = readBatch(all.slice(first, first + BATCH_SIZE));
    const { rows } = batch;
    batches.push(batch);
    rttMs.add(rows.column("rttMs"));
    minRttMs.add(rows.column("minRttMs"));
    retransmissionRatio.add(divide(rows.column("retransmittedSegments"), rows.column("dataSegmentsSent")));
    sndCwndBytes.add(rows.column("sndCwndBytes"));
  }
  const quantiles: SnapshotQuantiles = {
    rttMs: await rttMs.quantiles(),
    minRttMs: await minRttMs.quantiles(),
    retransmissionRatio: await retransmissionRatio.quantiles(),
    sndCwndBytes: await sndCwndBytes.quantiles(),
  };
  return new TakenSnapshot(takenAt, performance.now() - start, quantiles, batches);
}

function toArray<C extends object>(connections: Iterable<C> | undefined | null): C[] | Failure {
  if (typeof connections?.[Symbol.iterator] !== "function") {
    return wrongValue("connections", "be iterable", connections);
  }
  const all: C[] = [...connections];
  const wrong = all.findIndex(
    (connection: C | null) => typeof connection !== "object" || connection === null || !("socket" in connection),
  );
  return wrong === -1 ? all : wrongValue(`connections[${wrong}]`, 'be an object with a "socket"', all[wrong]);
}

interface Batch<C> {
  readonly connections: readonly C[];
  readonly rows: TcpInfoRows;
}

function readBatch<C extends { readonly socket: Socket }>(connections: readonly C[]): Batch<C> {
  // An injected Duplex may lead to the socket of another connection, as a stream of HTTP/2 does.
  const rows = readTcpInfoBatch(connections.map(({ socket }) => (isSocket(socket) ? socket : undefined)));
  if (rows instanceof Failure) throw rows.toError(takeSnapshot);
  return { connections, rows };
}

/** `NaN` where the divisor is 0 or either value is missing. */
function divide(dividends: Float64Array, divisors: Float64Array): Float64Array {
  return dividends.map((dividend, index) => {
    const divisor = divisors[index] as number;
    return divisor > 0 ? dividend / divisor : NaN;
  });
}

/** The values of one field, at most one for each connection. */
class FieldValues {
  readonly #values: Float64Array;
  #count = 0;

  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
  }

  add(column: Float64Array): void {
    for (const value of column) if (!Number.isNaN(value)) this.#values[this.#count++] = value;
  }

  /** If there are many values, this first lets the event loop run. */
  async quantiles(): Promise<Quantiles | undefined> {
    if (this.#count > BATCH_SIZE) await timers.setImmediate();
    return quantilesOf(this.#values.subarray(0, this.#count));
  }
}

class TakenSnapshot<C> implements Snapshot<C> {
  readonly takenAt: Date;
  readonly durationMs: number;
  readonly size: number;
  readonly skipped: number;
  readonly quantiles: SnapshotQuantiles;
  readonly #batches: readonly Batch<C>[];

  constructor(takenAt: Date, durationMs: number, quantiles: SnapshotQuantiles, batches: readonly Batch<C>[]) {
    const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
    this.takenAt = takenAt;
    this.durationMs = durationMs;
    this.size = sum(batches.map(({ rows }) => rows.readableCount));
    this.skipped = sum(batches.map(({ rows }) => rows.length)) - this.size;
    this.quantiles = quantiles;
    this.#batches = batches;
  }

  *[Symbol.iterator](): Generator<readonly [C, TcpInfo], void> {
    for (const { connections, rows } of this.#batches) {
      for (const [index, connection] of connections.entries()) {
        const info = rows.get(index);
        if (info !== undefined) yield [connection, info];
      }
    }
  }
}
