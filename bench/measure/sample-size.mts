// How much is measured: in a full run, or in a short one with --quick.
import type { Rounds } from "./interleave.mts";

export interface SampleSize {
  /** Leaves out the scenarios that have no limit. */
  readonly limitedOnly: boolean;
  /** Calls about one connection, again and again: enough for a collection of V8's young generation in each round. */
  readonly oneConnection: Rounds;
  /** One call about each new connection. */
  readonly newConnections: Rounds;
  readonly refusals: Rounds;
  readonly snapshot: Rounds & { readonly connections: number };
  /** Looks of watchHealth, with half a second between two. */
  readonly looks: Omit<Rounds, "calls">;
  readonly http: ServerSampleSize;
  readonly tracked: ServerSampleSize;
  readonly hijack: ServerSampleSize;
  readonly peers: ServerSampleSize;
  readonly memory: { readonly runs: number; readonly connections: number };
  readonly growth: Rounds & { readonly connections: readonly number[] };
  readonly top: { readonly sockets: number; readonly windows: number };
  readonly coldStarts: number;
}

/** Each run starts a new process for each server. In each round, each server has the load for one slice of time. */
export interface ServerSampleSize {
  readonly runs: number;
  readonly rounds: number;
  readonly sliceMs: number;
  readonly warmUpMs: number;
  readonly connections: number;
}

export const FULL: SampleSize = {
  limitedOnly: false,
  oneConnection: { warmUpRounds: 5, rounds: 300, calls: 5000 },
  newConnections: { warmUpRounds: 60, rounds: 200, calls: 128 },
  refusals: { warmUpRounds: 10, rounds: 100, calls: 100 },
  snapshot: { warmUpRounds: 10, rounds: 100, calls: 10_000, connections: 10_000 },
  looks: { warmUpRounds: 5, rounds: 20 },
  http: { runs: 4, rounds: 80, sliceMs: 10, warmUpMs: 400, connections: 32 },
  // V8 compiles what a connection calls during the first ten thousand.
  tracked: { runs: 4, rounds: 80, sliceMs: 10, warmUpMs: 4000, connections: 32 },
  hijack: { runs: 4, rounds: 80, sliceMs: 10, warmUpMs: 400, connections: 32 },
  peers: { runs: 4, rounds: 80, sliceMs: 10, warmUpMs: 400, connections: 32 },
  memory: { runs: 3, connections: 10_000 },
  growth: { warmUpRounds: 2, rounds: 12, calls: 2000, connections: [10, 100, 1000, 10_000, 50_000] },
  top: { sockets: 50_000, windows: 10 },
  coldStarts: 20,
};

const QUICK_SERVERS: ServerSampleSize = { runs: 1, rounds: 24, sliceMs: 10, warmUpMs: 150, connections: 32 };

export const QUICK: SampleSize = {
  limitedOnly: true,
  oneConnection: { warmUpRounds: 5, rounds: 24, calls: 5000 },
  newConnections: { warmUpRounds: 60, rounds: 50, calls: 64 },
  refusals: { warmUpRounds: 10, rounds: 20, calls: 50 },
  snapshot: { warmUpRounds: 10, rounds: 20, calls: 10_000, connections: 1000 },
  looks: { warmUpRounds: 3, rounds: 6 },
  http: QUICK_SERVERS,
  tracked: QUICK_SERVERS,
  hijack: QUICK_SERVERS,
  peers: QUICK_SERVERS,
  memory: { runs: 1, connections: 1000 },
  growth: { warmUpRounds: 1, rounds: 8, calls: 2000, connections: [10, 200, 1000] },
  top: { sockets: 5000, windows: 3 },
  coldStarts: 5,
};
