// Totals of a look at all sockets.
import { growth32 } from "../../core";
import { quantilesOf } from "../../quantiles";
import type { AcceptQueue, TopTotals } from "./frame";
import type { SocketLook } from "./socket-look";

export function totalsOf(look: SocketLook): TopTotals {
  const { connections, columns, intervalMs, closed } = look;
  const isFirst = intervalMs === undefined;
  const perSecond = (bytes: Float64Array): number | undefined =>
    isFirst ? undefined : (sum(bytes, connections) / intervalMs) * 1000;
  const segments = sum(look.newSegments, connections);
  const rttMs = quantilesOf(numbersAt(columns.rttMs, connections));
  return {
    connections: connections.length,
    states: look.states,
    opened: isFirst ? undefined : connections.length - (countBefore(look) - closed),
    closed: isFirst ? undefined : closed,
    requestsInFlight: undefined,
    sentBytesPerSecond: perSecond(look.newlySent),
    receivedBytesPerSecond: perSecond(look.newlyReceived),
    rttMs: rttMs && { p50: rttMs.p50, p90: rttMs.p90, p99: rttMs.p99 },
    // Retransmitted SYNs are segments without data.
    retransmissionRatio: segments > 0 ? Math.min(1, sum(look.newlyRetransmitted, connections) / segments) : undefined,
    acceptQueue: acceptQueueOf(look),
  };
}

function countBefore({ before }: SocketLook): number {
  return before?.connections.length ?? 0;
}

/** Without those that are NaN. */
function sum(numbers: Float64Array, places: readonly number[]): number {
  let total = 0;
  for (const place of places) total += numbers[place] || 0;
  return total;
}

function numbersAt(column: Float64Array, places: readonly number[]): Float64Array {
  const numbers = new Float64Array(places.length);
  let count = 0;
  for (const place of places) {
    const value = column[place] as number;
    if (!Number.isNaN(value)) numbers[count++] = value;
  }
  return numbers.subarray(0, count);
}

/** The fullest of the listeners, and what all of them have dropped. */
function acceptQueueOf({ listeners, columns, placesBefore, before }: SocketLook): AcceptQueue | undefined {
  if (listeners.length === 0) return undefined;
  const fill = (place: number): number =>
    (columns.acceptQueueLength[place] as number) / Math.max(1, columns.acceptQueueLimit[place] as number);
  const fullest = listeners.reduce((one, other) => (fill(other) > fill(one) ? other : one));
  const drops = listeners.filter((place) => !Number.isNaN(columns.droppedSyns[place]));
  const newDrops = drops.map((place) => {
    const placeBefore = placesBefore[place] as number;
    return placeBefore < 0 ? 0 : (growth32(before?.columns.droppedSyns[placeBefore], columns.droppedSyns[place]) ?? 0);
  });
  return {
    length: columns.acceptQueueLength[fullest] as number,
    limit: columns.acceptQueueLimit[fullest] as number,
    droppedSyns: drops.length > 0 ? sum(columns.droppedSyns, drops) : undefined,
    newlyDroppedSyns: before && drops.length > 0 ? newDrops.reduce((one, other) => one + other) : undefined,
  };
}
