// Rounds in which every variant has its turn, so that what disturbs the machine disturbs all of them: the ratios of
// one round stay true when the times do not.

/** Makes `count` calls, returns the nanoseconds per call. */
export type Variant = (count: number) => number;

/** Nanoseconds per call, one sample for each round. */
export type Samples<Name extends string> = Readonly<Record<Name, readonly number[]>>;

export interface Rounds {
  readonly rounds: number;
  /** Calls of each variant in each round. */
  readonly calls: number;
}

/** A variant that times a JavaScript function. The results are kept, so that none is optimized away. */
export function timed(call: () => unknown): Variant {
  return (count) => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < count; i++) kept.result = call();
    return Number(process.hrtime.bigint() - start) / count;
  };
}

export function interleave<Name extends string>(
  variants: Readonly<Record<Name, Variant>>,
  { rounds, calls }: Rounds,
): Samples<Name> {
  const names = Object.keys(variants) as Name[];
  for (let round = 0; round < 10; round++) for (const name of names) variants[name](calls);
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of shuffled(names)) samples[name].push(variants[name](calls));
  }
  return samples;
}

/** In another order each time, as what runs before leaves its traces in the caches of the processor. */
export function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

const kept: { result: unknown } = { result: undefined };
