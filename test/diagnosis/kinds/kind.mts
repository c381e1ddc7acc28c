// A kind of path: a name, and a plan for each seed. Its parameters are log-uniform.
import type { Draw } from "../draw.mts";
import type { KindPlan, PathSettings } from "../plan.mts";

export interface Kind {
  readonly name: string;
  readonly plan: (draw: Draw) => KindPlan;
}

/** A megabit per second in bytes per millisecond. */
export const BYTES_PER_MS = 125;

/** A fast path with a queue of 100 ms, which nothing fills. */
export function goodPath(draw: Draw): PathSettings {
  const rttMs = draw.between("rttMs", 10, 100);
  return bottleneck(rttMs, draw.between("mbit", 20, 60), 100);
}

export function bottleneck(rttMs: number, mbit: number, queueMs: number): PathSettings {
  return { delay: rttMs / 2, rate: mbit * 1000, queue: Math.round(mbit * BYTES_PER_MS * queueMs) };
}

/** 50 Mbit/s with a queue of a megabyte. */
export function longPath(rttMs: number): PathSettings {
  return { delay: rttMs / 2, rate: 50_000, queue: 1_000_000 };
}
