// One look at all connections of a tracker: reads them in slices, and makes the totals.
import type { Server } from "node:net";
import { promises as timers } from "node:timers";
import { Failure, isSocket, readTcpInfoBatch } from "../core";
import { type ConnectionTracker, type ListenerInfo, tryGetListenerInfo } from "../connections";
import type { ConnectionRecord } from "../connections/connection";
import { quantilesOf } from "../quantiles";
import type { ClosedConnections } from "./closed-connections";
import type { PageRow, PageState, PageTotals } from "./protocol";
import { SeenConnection } from "./seen-connection";

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
  readonly totals: PageTotals;
  /** The rows that were made, by the connection's id. Questions share them. */
  readonly rows: Map<number, PageRow>;
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
  const all: SeenConnection[] = [];
  const byId = new Map<number, SeenConnection>();
  for (let first = 0; first < connections.length; first += SLICE_SIZE) {
    if (first > 0) await timers.setImmediate();
    const slice = connections.slice(first, first + SLICE_SIZE).map((connection) => {
      return before?.byId.get(connection.id) ?? new SeenConnection(connection);
    });
    readSlice(slice);
    for (const seen of slice) {
      all.push(seen);
      byId.set(seen.connection.id, seen);
    }
  }
  await timers.setImmediate();
  const intervalMs = before && beganMs - before.beganMs;
  const totals = totalsOf(all, closed, tracker.servers);
  return { number: (before?.number ?? 0) + 1, takenAt, beganMs, intervalMs, all, byId, totals, rows: new Map() };
}

function readSlice(slice: readonly SeenConnection[]): void {
  // TCP_INFO of an injected Duplex may be that of another connection.
  const ofTcp = slice.filter(({ connection: { socket, local } }) => isSocket(socket) && local?.family !== "unix");
  const rows = readTcpInfoBatch(ofTcp.map(({ connection }) => connection.socket));
  const atMs = performance.now();
  if (!(rows instanceof Failure)) ofTcp.forEach((seen, index) => seen.take(rows, index, atMs));
  if (ofTcp.length < slice.length)
    slice.filter((seen) => seen.now === undefined).forEach((seen) => seen.takeWithoutTcp());
}

function totalsOf(
  all: readonly SeenConnection[],
  { opened, closed, byReason }: ClosedConnections,
  servers: Iterable<Server>,
): PageTotals {
  const connections: Record<PageState, number> = { new: 0, active: 0, idle: 0, hijacked: 0 };
  const rttsMs = new Float64Array(all.length);
  let [rtts, requestsInFlight, retransmitted, sent] = [0, 0, 0, 0];
  let sentBytes: number | null = null;
  let receivedBytes: number | null = null;
  for (const seen of all) {
    const { state, requests } = seen.connection;
    if (state !== "closed") connections[state]++;
    requestsInFlight += requests.inFlight;
    if (!Number.isNaN(seen.rttMs)) rttsMs[rtts++] = seen.rttMs;
    retransmitted += seen.newlyRetransmittedSegments || 0;
    sent += seen.newlySentSegments || 0;
    if (!Number.isNaN(seen.sentBytesPerSecond)) sentBytes = (sentBytes ?? 0) + seen.sentBytesPerSecond;
    if (!Number.isNaN(seen.receivedBytesPerSecond)) receivedBytes = (receivedBytes ?? 0) + seen.receivedBytesPerSecond;
  }
  const quantiles = quantilesOf(rttsMs.subarray(0, rtts));
  return {
    connections,
    openedTotal: opened,
    closedTotal: closed,
    closedByReason: { ...byReason },
    requestsInFlight,
    sentBytesPerSecond: sentBytes,
    receivedBytesPerSecond: receivedBytes,
    rttMs: quantiles ? { p50: quantiles.p50, p90: quantiles.p90, p99: quantiles.p99 } : null,
    retransmissionRatio: sent > 0 ? Math.min(1, retransmitted / sent) : null,
    acceptQueue: acceptQueueOf(servers),
  };
}

function acceptQueueOf(servers: Iterable<Server>): PageTotals["acceptQueue"] {
  const infos = [...servers].map(readListener).filter((info) => info !== undefined);
  if (infos.length === 0) return null;
  const dropped = infos.map(({ droppedSyns }) => droppedSyns).filter((count) => count !== undefined);
  return {
    length: sum(infos.map(({ acceptQueueLength }) => acceptQueueLength)),
    limit: sum(infos.map(({ acceptQueueLimit }) => acceptQueueLimit)),
    droppedSyns: dropped.length === 0 ? null : sum(dropped),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Runs in a timer, where an error would be fatal. */
function readListener(server: Server): ListenerInfo | undefined {
  try {
    return tryGetListenerInfo(server);
  } catch {
    return undefined;
  }
}
