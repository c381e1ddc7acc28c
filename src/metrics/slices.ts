// Work on many connections, in slices of about a millisecond. The event loop runs between them.
import { promises as timers } from "node:timers";

const SLICE_SIZE = 250;

/** The first slice is done before this returns. */
export async function inSlices<T>(all: readonly T[], work: (one: T) => void): Promise<void> {
  for (let first = 0; first < all.length; first += SLICE_SIZE) {
    if (first > 0) await timers.setImmediate();
    for (const one of all.slice(first, first + SLICE_SIZE)) work(one);
  }
}
