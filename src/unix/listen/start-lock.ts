// One process at a time may inspect a path, remove a stale socket, bind and listen. Between bind() and listen() a live
// socket looks stale. The kernel releases the lock however its holder ends, and the next process uses a file that was
// left. Which file may serve: lock-file.ts.
import { setTimeout as sleep } from "node:timers/promises";
import { Failure, type NativeBinding } from "../../core";
import { tryToLock, unlock } from "./lock-file";

/** The pauses between two attempts. The shortest is about as long as the lock is held; hundreds may wait at once. */
const [SHORTEST_MS, LONGEST_MS] = [1, 64];

/** Hundreds that start at once take less. A holder that takes longer has been stopped. */
const PATIENCE_MS = 10_000;

export async function withStartLock<T>(
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
      const detail = `another process is about to listen there, for ${PATIENCE_MS} ms now: it holds ${path}`;
      return Failure.ofSystem(-binding.errno.EADDRINUSE, "bind", detail);
    }
    await sleep(pause * (0.5 + Math.random()));
  }
}
