// How the bytes of one message are sent: where they are cut, over what, and how the client leaves.
import type { Random } from "../helpers/random.ts";
import { randomFrom } from "./seeds.mts";

export interface Plan {
  readonly transport: "memory" | "tcp";
  /** The positions between two segments, ascending. */
  readonly cuts: readonly number[];
  /** The number of turns of the event loop between two segments. With 0, all are written in the same turn. */
  readonly turnsBetween: number;
  /** What the client does after its last byte. `reset-at-once` comes before the server has seen the last segment. */
  readonly end: "none" | "fin" | "fin-at-once" | "reset" | "reset-at-once";
  /** The number of bytes that are sent, in most cases all. */
  readonly sentBytes: number;
}

/** One message in so many is cut in two at each of its positions. The others are cut at a few random ones. */
const SWEPT = 25;
const PLANS = 8;
const ENDS = ["none", "none", "fin", "fin-at-once", "reset", "reset-at-once"] as const;

export function makePlans(seed: number, message: number, length: number): Plan[] {
  const random = randomFrom(seed, message, 1);
  const everywhere = Array.from({ length: Math.max(length - 1, 0) }, (_, index) => index + 1);
  if (message % SWEPT === 0) return everywhere.map((cut) => planFor(random, length, [cut]));
  const whole = { cuts: [], transport: "tcp", sentBytes: length } as const;
  return [
    { ...planFor(random, length, []), ...whole },
    { ...planFor(random, length, []), ...whole, end: "none" },
    planFor(random, length, everywhere),
    ...Array.from({ length: PLANS - 3 }, () => planFor(random, length, someCuts(random, length))),
  ];
}

function someCuts(random: Random, length: number): number[] {
  const cuts = Array.from({ length: random.below(5) }, () => 1 + random.below(Math.max(length - 1, 1)));
  return [...new Set(cuts)].toSorted((one, other) => one - other);
}

function planFor(random: Random, length: number, cuts: readonly number[]): Plan {
  const sentBytes = random.oneIn(6) ? 1 + random.below(length) : length;
  return {
    transport: random.oneIn(6) ? "tcp" : "memory",
    cuts: cuts.filter((cut) => cut < sentBytes),
    turnsBetween: random.pick([0, 1, 4, 4]),
    end: random.pick(ENDS),
    sentBytes,
  };
}
