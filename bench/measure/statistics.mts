// Medians and percentiles of samples.

/** The median, and the 10th and 90th percentile. */
export interface Spread {
  readonly p10: number;
  readonly median: number;
  readonly p90: number;
}

export function spread(samples: readonly number[]): Spread {
  const sorted = samples.toSorted((a, b) => a - b);
  return { p10: quantile(sorted, 0.1), median: quantile(sorted, 0.5), p90: quantile(sorted, 0.9) };
}

/**
 * The 5th percentile: the time of the rounds that other programs disturbed least. Not the minimum, because a single
 * reading of the clock that is too short would decide it.
 */
export function quietest(samples: readonly number[]): number {
  return quantile(
    samples.toSorted((a, b) => a - b),
    0.05,
  );
}

/** Divides each sample by the base's sample of the same round. */
export function ratioSpread(samples: readonly number[], base: readonly number[]): Spread {
  return spread(samples.map((sample, round) => sample / (base[round] as number)));
}

/** Subtracts the base's sample of the same round from each sample. */
export function differences(samples: readonly number[], base: readonly number[]): number[] {
  return samples.map((sample, round) => sample - (base[round] as number));
}

function quantile(sorted: readonly number[], part: number): number {
  const at = part * (sorted.length - 1);
  const below = sorted[Math.floor(at)] as number;
  const above = sorted[Math.ceil(at)] as number;
  return below + (above - below) * (at - Math.floor(at));
}
