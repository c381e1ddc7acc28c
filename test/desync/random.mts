// Random choices that a seed repeats.

export interface Random {
  /** An integer from 0 up to, but not including, `end`. */
  below(end: number): number;
  /** True once in `times`. */
  oneIn(times: number): boolean;
  pick<T>(values: readonly T[]): T;
}

/** Mulberry32. Each part of a case has its own `label`, so that no part depends on how often another one has drawn. */
export function randomFrom(seed: number, message: number, label: number): Random {
  let state = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(message + 1, 0xc2b2_ae35) ^ (label << 20);
  function next(): number {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const below = (end: number) => Math.floor(next() * end);
  return {
    below,
    oneIn: (times) => below(times) === 0,
    pick: <T,>(values: readonly T[]) => values[below(values.length)] as T,
  };
}
