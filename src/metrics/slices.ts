// Work on many connections, in slices of about a millisecond.
import { promises as timers } from "node:timers";

const SLICE_SIZE = 200;

/** The event loop runs after each slice. */
export async function inSlices<T>(all: readonly T[], work: (one: T) => void, size: number = SLICE_SIZE): Promise<void> {
  for (let first = 0; first < all.length; first += size) {
    for (const one of all.slice(first, first + size)) work(one);
    await timers.setImmediate();
  }
}
