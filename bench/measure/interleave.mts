// Measures several variants in rounds, each variant once a round. What disturbs the machine then disturbs all of
// them, so the ratios within a round hold even where the times do not.
import { kept } from "./kept.mts";
import { threadCpuNs } from "./thread-clock.mts";

/** Makes `calls` calls. Returns the nanoseconds of CPU time per call. */
export type Variant = (calls: number) => number | Promise<number>;

/** Nanoseconds of CPU time per call, one sample for each round. */
export type Samples<Name extends string> = Readonly<Record<Name, readonly number[]>>;

export interface Rounds {
  /** Rounds before the measured ones. */
  readonly warmUpRounds: number;
  readonly rounds: number;
  /** Calls of each variant in each round. */
  readonly calls: number;
}

/** A variant that measures a JavaScript function. */
export function timed(call: () => unknown): Variant {
  return (calls) => {
    const start = threadCpuNs();
    for (let i = 0; i < calls; i++) kept.result = call();
    return (threadCpuNs() - start) / calls;
  };
}

export async function interleave<Name extends string>(
  variants: Readonly<Record<Name, Variant>>,
  { warmUpRounds, rounds, calls }: Rounds,
): Promise<Samples<Name>> {
  const names = Object.keys(variants) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -warmUpRounds; round < rounds; round++) {
    for (const name of shuffled(names)) {
      const nanoseconds = await variants[name](calls);
      if (round >= 0) samples[name].push(nanoseconds);
    }
  }
  return samples;
}

/** The order changes in each round, because what ran before leaves its traces in the processor's caches. */
export function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
