// Medians and percentiles of samples.

/** Median, and the 10th and 90th percentile. */
export interface Spread {
  readonly p10: number;
  readonly median: number;
  readonly p90: number;
}

export function spread(samples: readonly number[]): Spread {
  const sorted = samples.toSorted((a, b) => a - b);
  return { p10: quantile(sorted, 0.1), median: quantile(sorted, 0.5), p90: quantile(sorted, 0.9) };
}

/** Of the quotients of samples that were taken in the same round. */
export function ratioSpread(samples: readonly number[], floors: readonly number[]): Spread {
  return spread(samples.map((sample, round) => sample / (floors[round] as number)));
}

function quantile(sorted: readonly number[], part: number): number {
  const at = part * (sorted.length - 1);
  const below = sorted[Math.floor(at)] as number;
  const above = sorted[Math.ceil(at)] as number;
  return below + (above - below) * (at - Math.floor(at));
}
