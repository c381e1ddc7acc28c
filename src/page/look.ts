// One look at all connections of a tracker: reads them in slices, and makes the totals.
import { promises as timers } from "node:timers";
import { Failure, isSocket, readTcpInfoBatch } from "../core";
import type { ConnectionTracker } from "../connections";
import type { ConnectionRecord } from "../connections/connection";
import type { ClosedConnections } from "./closed-connections";
import type { PageServer, PageTotals } from "./protocol";
import { SeenConnection } from "./seen-connection";
import { describeProcess } from "./served-process";
import { Totals } from "./totals";

/** A slice of this size holds the event loop for about a millisecond. */
const SLICE_SIZE = 250;

/** A finished look. Rows and frames are made from it as long as it is the latest. */
export interface Look {
  /** Counts from 1. */
  readonly number: number;
  readonly takenAt: Date;
  readonly beganMs: number;
  /** Milliseconds since the look before. `undefined` for the first one. */
  readonly intervalMs: number | undefined;
  readonly all: readonly SeenConnection[];
  readonly byId: ReadonlyMap<number, SeenConnection>;
  readonly server: PageServer;
  readonly totals: PageTotals;
  /** The JSON of the rows that were made, by the connection's id. Questions share it. */
  readonly rows: Map<number, string>;
}

/** @param before - The latest look, if it was a moment ago. Its connections are read again, and change. */
export async function takeLook(
  tracker: ConnectionTracker<unknown>,
  closed: ClosedConnections,
  before: Look | undefined,
): Promise<Look> {
  const takenAt = new Date();
  const beganMs = performance.now();
  const connections = [...tracker] as unknown as ConnectionRecord[];
  const totals = new Totals(connections.length);
  const all: SeenConnection[] = [];
  const byId = new Map<number, SeenConnection>();
  for (let first = 0; first < connections.length; first += SLICE_SIZE) {
    await timers.setImmediate();
    const slice = connections.slice(first, first + SLICE_SIZE).map((connection) => {
      return before?.byId.get(connection.id) ?? new SeenConnection(connection);
    });
    readSlice(slice);
    for (const seen of slice) {
      totals.add(seen);
      all.push(seen);
      byId.set(seen.connection.id, seen);
    }
  }
  await timers.setImmediate();
  return {
    number: (before?.number ?? 0) + 1,
    takenAt,
    beganMs,
    intervalMs: before && beganMs - before.beganMs,
    all,
    byId,
    server: describeProcess(tracker.servers),
    totals: totals.finish(closed, tracker.servers),
    rows: new Map(),
  };
}

function readSlice(slice: readonly SeenConnection[]): void {
  // TCP_INFO of an injected Duplex may be that of another connection.
  const ofTcp = slice.filter(({ connection: { socket, local } }) => isSocket(socket) && local?.family !== "unix");
  const rows = readTcpInfoBatch(ofTcp.map(({ connection }) => connection.socket));
  const atMs = performance.now();
  if (!(rows instanceof Failure)) ofTcp.forEach((seen, index) => seen.take(rows, index, atMs));
  for (const seen of slice) if (seen.now === undefined) seen.takeWithoutTcp();
}
