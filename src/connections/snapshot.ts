// takeSnapshot: connections → TCP_INFO of all of them, read in parts between which the event loop runs, and how it is distributed
// (quantiles.ts).
import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { Failure, readTcpInfoBatch, type TcpInfo, type TcpInfoRows, wrongValue } from "../core";
import { quantilesOf, type Quantiles } from "./quantiles";

/** So many at a time hold the event loop up for a millisecond or two. */
const PART_SIZE = 1000;

/** How the connections' values are distributed. `undefined` where not one of them has such a value. */
export interface SnapshotQuantiles {
  /** `TcpInfo.rttMs`. Connections without a sample yet are left out. */
  readonly rttMs: Quantiles | undefined;
  /** `LinuxTcpInfo.minRttMs`. `undefined` on macOS. */
  readonly minRttMs: Quantiles | undefined;
  /**
   * `retransmittedSegments / dataSegmentsSent` of each connection since it began; those that have sent no data are left out.
   * Linux counts a SYN that was sent again as retransmitted and not as sent: after one, a short connection may exceed 1.
   */
  readonly retransmissionRatio: Quantiles | undefined;
  /** `TcpInfo.sndCwndBytes`. */
  readonly sndCwndBytes: Quantiles | undefined;
}

/**
 * TCP_INFO of all connections that there were when it was begun. Iterating gives each that could be read, with its `TcpInfo`,
 * which is decoded then. It keeps the connections, and 512 bytes for each, for as long as it is kept itself.
 */
export interface Snapshot<C> extends Iterable<readonly [connection: C, info: TcpInfo]> {
  /** When it was begun. */
  readonly takenAt: Date;
  /** How long it took, in milliseconds, together with what else the process did meanwhile. */
  readonly durationMs: number;
  /** How many connections it has. */
  readonly size: number;
  /** How many it has not: closed meanwhile, or not over TCP. */
  readonly skipped: number;
  readonly quantiles: SnapshotQuantiles;
}

/**
 * `getsockopt(fd, IPPROTO_TCP, TCP_INFO)` of every connection, 1000 of them in one native call, between which the event loop
 * runs. Each descriptor is read from its live socket in the call that uses it: a connection that is closed before its turn is
 * skipped, and never taken for the one that has its number now.
 *
 * @param connections - Anything with a `socket`. One that comes later is not in the snapshot.
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_UNSUPPORTED_PLATFORM`,
 * `ERR_SOCKINFO_ADDON_LOAD_FAILED`; the promise is rejected.
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
  const all = list(connections);
  if (all instanceof Failure) throw all.toError(takeSnapshot);
  const parts: Part<C>[] = [];
  const rttMs = new Values(all.length);
  const minRttMs = new Values(all.length);
  const retransmissionRatio = new Values(all.length);
  const sndCwndBytes = new Values(all.length);
  for (let first = 0; first < all.length; first += PART_SIZE) {
    if (first > 0) await setImmediate();
    const part = readPart(all.slice(first, first + PART_SIZE));
    const { rows } = part;
    parts.push(part);
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
  return new TakenSnapshot(takenAt, performance.now() - start, quantiles, parts);
}

function list<C extends object>(connections: Iterable<C> | undefined | null): C[] | Failure {
  if (typeof connections?.[Symbol.iterator] !== "function") {
    return wrongValue("connections", "be iterable", connections);
  }
  const all: C[] = [...connections];
  const isEach = all.every((connection: C | null) => typeof connection === "object" && connection !== null);
  return isEach ? all : Failure.ofArgument("one of the connections is not an object");
}

interface Part<C> {
  readonly connections: readonly C[];
  readonly rows: TcpInfoRows;
}

function readPart<C extends { readonly socket: Socket }>(connections: readonly C[]): Part<C> {
  const rows = readTcpInfoBatch(connections.map(({ socket }) => socket));
  if (rows instanceof Failure) throw rows.toError(takeSnapshot);
  return { connections, rows };
}

/** `NaN` where there is nothing to divide by, or nothing to divide. */
function divide(dividends: Float64Array, divisors: Float64Array): Float64Array {
  return dividends.map((dividend, index) => {
    const divisor = divisors[index] as number;
    return divisor > 0 ? dividend / divisor : NaN;
  });
}

/** Values of one kind, at most one for each connection. */
class Values {
  readonly #values: Float64Array;
  #count = 0;

  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
  }

  add(column: Float64Array): void {
    for (const value of column) if (!Number.isNaN(value)) this.#values[this.#count++] = value;
  }

  /** Of many, in a turn of the event loop of its own. */
  async quantiles(): Promise<Quantiles | undefined> {
    if (this.#count > PART_SIZE) await setImmediate();
    return quantilesOf(this.#values.subarray(0, this.#count));
  }
}

class TakenSnapshot<C> implements Snapshot<C> {
  readonly takenAt: Date;
  readonly durationMs: number;
  readonly size: number;
  readonly skipped: number;
  readonly quantiles: SnapshotQuantiles;
  readonly #parts: readonly Part<C>[];

  constructor(takenAt: Date, durationMs: number, quantiles: SnapshotQuantiles, parts: readonly Part<C>[]) {
    const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
    this.takenAt = takenAt;
    this.durationMs = durationMs;
    this.size = sum(parts.map(({ rows }) => rows.readableCount));
    this.skipped = sum(parts.map(({ rows }) => rows.length)) - this.size;
    this.quantiles = quantiles;
    this.#parts = parts;
  }

  *[Symbol.iterator](): Generator<readonly [C, TcpInfo], void> {
    for (const { connections, rows } of this.#parts) {
      for (const [index, connection] of connections.entries()) {
        const info = rows.get(index);
        if (info !== undefined) yield [connection, info];
      }
    }
  }
}
