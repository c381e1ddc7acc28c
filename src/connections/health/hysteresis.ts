// Decides from look to look whether a condition holds, so that one odd look does not cause an event.

/** Whether a condition holds, and for how many looks in a row the opposite was seen. */
export interface Streak {
  readonly holds: boolean;
  readonly contraryLooks: number;
}

/** How many looks in a row are needed. */
export interface Patience {
  readonly toBegin: number;
  readonly toEnd: number;
}

/** A condition that does not hold, and was not seen. */
export const CALM_STREAK: Streak = Object.freeze({ holds: false, contraryLooks: 0 });

/**
 * The streak after one more look. Returns the same object if nothing has changed.
 *
 * @param seen - Whether this look saw the condition. `undefined` if it could not tell: then nothing changes.
 */
export function nextStreak(streak: Streak, seen: boolean | undefined, patience: Patience): Streak {
  const { holds, contraryLooks } = streak;
  if (seen === undefined) return streak;
  if (seen === holds) return contraryLooks === 0 ? streak : { holds, contraryLooks: 0 };
  const needed = holds ? patience.toEnd : patience.toBegin;
  if (contraryLooks + 1 < needed) return { holds, contraryLooks: contraryLooks + 1 };
  return { holds: seen, contraryLooks: 0 };
}
