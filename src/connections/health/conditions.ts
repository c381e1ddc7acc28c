// The conditions of one connection: which of them a look saw, and which hold after it.
import type { TcpDiagnosis, TcpVerdict } from "../../core";
import { CALM_STREAK, nextStreak, type Patience, type Streak } from "./hysteresis";
import type { HealthCondition } from "./types";

/** In the order of their events. */
export const CONDITIONS: readonly HealthCondition[] = ["stalled", "slow-reader", "lossy", "unsent"];

/**
 * An answer of the peer disproves "stalled" at once. Losses come in bursts with pauses between them, so "lossy" ends
 * late. "unsent" has a second, lower limit instead.
 */
const PATIENCE: Readonly<Record<HealthCondition, Patience>> = {
  stalled: { toBegin: 2, toEnd: 1 },
  "slow-reader": { toBegin: 2, toEnd: 3 },
  lossy: { toBegin: 2, toEnd: 12 },
  unsent: { toBegin: 2, toEnd: 1 },
};

/** The state of one connection. */
export type Health = Readonly<Record<HealthCondition, Streak>>;

/** Nothing holds, and nothing was seen. Connections share this object, so it also serves as a quick check. */
export const CALM: Health = Object.freeze({
  stalled: CALM_STREAK,
  "slow-reader": CALM_STREAK,
  lossy: CALM_STREAK,
  unsent: CALM_STREAK,
});

/** What one look saw. `undefined` for what it could not tell. */
export type Seen = Readonly<Record<HealthCondition, boolean | undefined>>;

/** The state after one more look. Returns the same object if nothing has changed. */
export function nextHealth(health: Health, seen: Seen): Health {
  const next = {
    stalled: nextStreak(health.stalled, seen.stalled, PATIENCE.stalled),
    "slow-reader": nextStreak(health["slow-reader"], seen["slow-reader"], PATIENCE["slow-reader"]),
    lossy: nextStreak(health.lossy, seen.lossy, PATIENCE.lossy),
    unsent: nextStreak(health.unsent, seen.unsent, PATIENCE.unsent),
  };
  if (CONDITIONS.every((name) => next[name] === health[name])) return health;
  return CONDITIONS.every((name) => isCalm(next[name])) ? CALM : next;
}

const LISTS = new Map<number, readonly HealthCondition[]>();

/** The conditions that hold. There is one list for each combination. */
export function conditionsIn(health: Health): readonly HealthCondition[] {
  let key = 0;
  for (const [index, name] of CONDITIONS.entries()) if (health[name].holds) key += 2 ** index;
  let list = LISTS.get(key);
  if (list === undefined) LISTS.set(key, (list = Object.freeze(CONDITIONS.filter((name) => health[name].holds))));
  return list;
}

function isCalm({ holds, contraryLooks }: Streak): boolean {
  return !holds && contraryLooks === 0;
}

/** Which conditions of TCP itself a diagnosis finds. */
export function seenIn(diagnosis: TcpDiagnosis): Omit<Seen, "unsent"> {
  const { verdict, cause } = diagnosis;
  // Where the system lacks fields, fewer conditions can be found, and the others are not there.
  const isTold = verdict !== "closing" && (verdict !== "unknown" || cause === "fields-missing");
  const stalled = verdict === "stalled";
  // While nothing comes back, nothing is known about the reader and the losses.
  const seen = (name: TcpVerdict) => (isTold && !stalled ? finds(diagnosis, name) : undefined);
  return { stalled: isTold ? stalled : undefined, "slow-reader": seen("slow-reader"), lossy: seen("lossy") };
}

function finds({ verdict, also }: TcpDiagnosis, name: TcpVerdict): boolean {
  return verdict === name || also?.verdict === name;
}
