// How much is measured: all of it, or with --quick less of everything.
import type { Rounds } from "./interleave.mts";

export interface Effort {
  readonly hot: Rounds;
  /** Each call is the first one for its connection. */
  readonly fresh: Rounds;
  /** Each round is one turn with and one turn without. */
  readonly http: { readonly rounds: number; readonly turnMs: number; readonly connections: number };
  readonly snapshot: { readonly rounds: number; readonly connections: number };
  readonly tracked: TurnsEffort;
  readonly hijack: TurnsEffort;
  readonly peers: TurnsEffort;
  /** Each time a new process for each server. */
  readonly memory: { readonly times: number; readonly connections: number };
  readonly coldStarts: number;
  readonly tinybenchMs: number;
}

/** Each generation is a new process for each server, each round one turn for each. */
export interface TurnsEffort {
  readonly generations: number;
  readonly rounds: number;
  readonly turnMs: number;
  readonly warmUpMs: number;
  readonly connections: number;
  /** Leaves out what is for information. */
  readonly limitedOnly: boolean;
}

export const FULL: Effort = {
  hot: { rounds: 400, calls: 3000 },
  fresh: { rounds: 200, calls: 64 },
  http: { rounds: 100, turnMs: 200, connections: 32 },
  snapshot: { rounds: 100, connections: 10_000 },
  tracked: { generations: 3, rounds: 12, turnMs: 120, warmUpMs: 500, connections: 32, limitedOnly: false },
  hijack: { generations: 6, rounds: 12, turnMs: 100, warmUpMs: 400, connections: 32, limitedOnly: false },
  peers: { generations: 16, rounds: 20, turnMs: 60, warmUpMs: 400, connections: 32, limitedOnly: false },
  memory: { times: 3, connections: 10_000 },
  coldStarts: 20,
  tinybenchMs: 1000,
};

export const QUICK: Effort = {
  hot: { rounds: 50, calls: 1000 },
  fresh: { rounds: 50, calls: 32 },
  http: { rounds: 8, turnMs: 80, connections: 32 },
  snapshot: { rounds: 20, connections: 1000 },
  tracked: { generations: 1, rounds: 4, turnMs: 60, warmUpMs: 150, connections: 32, limitedOnly: true },
  hijack: { generations: 1, rounds: 4, turnMs: 60, warmUpMs: 150, connections: 32, limitedOnly: true },
  peers: { generations: 1, rounds: 4, turnMs: 60, warmUpMs: 150, connections: 32, limitedOnly: true },
  memory: { times: 1, connections: 1000 },
  coldStarts: 5,
  tinybenchMs: 100,
};
