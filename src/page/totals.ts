// Sums over all connections of a look. Each slice of connections is added by itself, and no step takes long.
import type { Server } from "node:net";
import { type ListenerInfo, tryGetListenerInfo } from "../connections";
import { quantilesOf } from "../quantiles";
import type { ClosedConnections } from "./closed-connections";
import type { PageState, PageTotals } from "./protocol";
import type { SeenConnection } from "./seen-connection";

export class Totals {
  readonly #connections: Record<PageState, number> = { new: 0, active: 0, idle: 0, hijacked: 0 };
  readonly #rttsMs: Float64Array;
  #rtts = 0;
  #requestsInFlight = 0;
  #retransmittedSegments = 0;
  #sentSegments = 0;
  #sentBytesPerSecond: number | null = null;
  #receivedBytesPerSecond: number | null = null;

  /** @param count - The number of connections. */
  constructor(count: number) {
    this.#rttsMs = new Float64Array(count);
  }

  add(seen: SeenConnection): void {
    const { state, requests } = seen.connection;
    if (state !== "closed") this.#connections[state]++;
    this.#requestsInFlight += requests.inFlight;
    if (!Number.isNaN(seen.rttMs)) this.#rttsMs[this.#rtts++] = seen.rttMs;
    this.#retransmittedSegments += seen.newlyRetransmittedSegments || 0;
    this.#sentSegments += seen.newlySentSegments || 0;
    this.#sentBytesPerSecond = sumOfKnown(this.#sentBytesPerSecond, seen.sentBytesPerSecond);
    this.#receivedBytesPerSecond = sumOfKnown(this.#receivedBytesPerSecond, seen.receivedBytesPerSecond);
  }

  finish({ opened, closed, byReason }: ClosedConnections, servers: Iterable<Server>): PageTotals {
    const quantiles = quantilesOf(this.#rttsMs.subarray(0, this.#rtts));
    const [retransmitted, sent] = [this.#retransmittedSegments, this.#sentSegments];
    return {
      connections: this.#connections,
      openedTotal: opened,
      closedTotal: closed,
      closedByReason: { ...byReason },
      requestsInFlight: this.#requestsInFlight,
      sentBytesPerSecond: this.#sentBytesPerSecond,
      receivedBytesPerSecond: this.#receivedBytesPerSecond,
      rttMs: quantiles ? { p50: quantiles.p50, p90: quantiles.p90, p99: quantiles.p99 } : null,
      retransmissionRatio: sent > 0 ? Math.min(1, retransmitted / sent) : null,
      acceptQueue: acceptQueueOf(servers),
    };
  }
}

/** `null` until a value is known. */
function sumOfKnown(total: number | null, value: number): number | null {
  return Number.isNaN(value) ? total : (total ?? 0) + value;
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
