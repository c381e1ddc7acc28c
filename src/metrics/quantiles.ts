// Quantiles of the live connections' round-trip times.
export const QUANTILES = { p50: 0.5, p90: 0.9, p99: 0.99 } as const;

/** In seconds. */
export type RttQuantiles = Readonly<Record<keyof typeof QUANTILES, number>>;

/** By nearest rank, so each is the value of one connection. `undefined` without values. */
export function rttQuantiles(rttsMs: readonly number[]): RttQuantiles | undefined {
  if (rttsMs.length === 0) return undefined;
  const sorted = Float64Array.from(rttsMs);
  sorted.sort();
  const at = (quantile: number): number => (sorted[Math.ceil(quantile * sorted.length) - 1] as number) / 1000;
  return { p50: at(QUANTILES.p50), p90: at(QUANTILES.p90), p99: at(QUANTILES.p99) };
}
