// Quantiles of the live connections' round-trip times.
import { quantilesOf } from "../quantiles";

/** In seconds. */
export interface RttQuantiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** By nearest rank, so each is the value of one connection. `undefined` without values. */
export function rttQuantiles(rttsMs: readonly number[]): RttQuantiles | undefined {
  const quantiles = quantilesOf(Float64Array.from(rttsMs));
  return quantiles && { p50: quantiles.p50 / 1000, p90: quantiles.p90 / 1000, p99: quantiles.p99 / 1000 };
}
