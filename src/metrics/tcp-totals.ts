// Totals of TCP_INFO's counters over many connections. They only grow, also when connections end.
import { type Reading, TCP_COUNTERS, type TcpCounter, type TcpCounterName } from "./tcp-counters";

/** The counters of one connection at its last reading, in the order of `TCP_COUNTERS`. */
export type LastCounters = number[];

/** The counters of a connection that has just begun. */
export function newCounters(): LastCounters {
  return TCP_COUNTERS.map(() => 0);
}

/** The counters of a connection whose past is not counted. */
export function countersOf(reading: Reading): LastCounters {
  return TCP_COUNTERS.map(({ read }) => read(reading) ?? 0);
}

export class TcpTotals {
  readonly #totals: number[] = TCP_COUNTERS.map(() => 0);

  /** Adds the growth of the connection's counters, and brings `last` up to date. */
  add(last: LastCounters, reading: Reading): void {
    for (let index = 0; index < TCP_COUNTERS.length; index++) {
      const { read, growth } = TCP_COUNTERS[index] as TcpCounter;
      const now = read(reading);
      if (now === undefined) continue;
      const grown = growth(last[index] as number, now);
      // A counter that went backwards adds nothing until it has passed its old value.
      if (grown === undefined) continue;
      this.#totals[index] = (this.#totals[index] as number) + grown;
      last[index] = now;
    }
  }

  get(name: TcpCounterName): number {
    const index = TCP_COUNTERS.findIndex((counter) => counter.name === name);
    return (this.#totals[index] as number) * (TCP_COUNTERS[index] as TcpCounter).scale;
  }
}
