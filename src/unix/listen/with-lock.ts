// Takes the lock that one daemon at a time holds while it inspects a path, removes a stale socket, binds and listens.
// A live socket looks stale between bind() and listen().
import { promises as timers } from "node:timers";
import { Failure, type NativeBinding } from "../../core";
import { tryToLock, unlock } from "./lock-file";

/**
 * The pauses between two attempts. The shortest is about as long as a process holds the lock. They grow, because
 * hundreds of daemons may wait at once.
 */
const [SHORTEST_MS, LONGEST_MS] = [1, 64];

/** Hundreds of daemons that start at once need less time. A process that holds the lock for longer was stopped. */
const PATIENCE_MS = 10_000;

/**
 * Calls `use` while it holds the lock. The kernel releases the lock however its holder ends, and the next process
 * uses a lock file that was left.
 */
export async function withLock<T>(
  binding: NativeBinding,
  file: string,
  use: () => Promise<T | Failure>,
): Promise<T | Failure> {
  const path = `${file}.lock`;
  const deadline = performance.now() + PATIENCE_MS;
  for (let pause = SHORTEST_MS; ; pause = Math.min(2 * pause, LONGEST_MS)) {
    const fd = tryToLock(binding, path);
    if (fd instanceof Failure) return fd;
    if (fd !== undefined) {
      try {
        return await use();
      } finally {
        unlock(path, fd);
      }
    }
    if (performance.now() > deadline) {
      const detail = `${path} was locked for ${PATIENCE_MS} ms by another process that starts to listen. If it hangs, end it`;
      return Failure.ofSystem(-binding.errno.EADDRINUSE, "bind", detail);
    }
    await timers.setTimeout(pause * (0.5 + Math.random()));
  }
}
