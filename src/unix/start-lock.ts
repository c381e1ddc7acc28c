// One daemon at a time may look at a path, take a stale socket away, bind and listen there: between those steps a socket that is about
// to live looks like a stale one. The lock is a file beside the path, which is there for those moments only; the kernel gives it back
// however its owner ends, and a file that was left is used by the next. Used by listen-unix.ts.
import { closeSync, constants, fstatSync, lstatSync, openSync, unlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure, type NativeBinding } from "../core";
import { attempt } from "./system-failure";

/** Of the pauses between two attempts: about as long as it is held; and so long that hundreds who wait leave the processor to who has it. */
const [SHORTEST_MS, LONGEST_MS] = [1, 64];

/** Longer than hundreds that start at once take; who holds it for so long has been stopped. */
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

/** `undefined` while another has it. */
function tryToLock(binding: NativeBinding, path: string): number | Failure | undefined {
  // Not through a link, and not waiting for somebody at the other end of a FIFO.
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const fd = attempt(`${path}, the lock for starting`, () => openSync(path, flags, 0o600));
  if (fd instanceof Failure) return fd;
  if (!isEmptyFile(fd)) {
    closeSync(fd);
    const detail = `${path}, which would be the lock for starting, is something else, and is not ours to remove`;
    return Failure.ofSystem(-binding.errno.EADDRINUSE, "bind", detail);
  }
  const error = binding.tryLock(fd);
  if (error === 0 && isStillThere(fd, path)) return fd;
  closeSync(fd);
  return error === 0 || -error === binding.errno.EWOULDBLOCK ? undefined : Failure.ofSystem(error, "flock", path);
}

/** As a lock is: other programs have files of that name, too, in which they keep something. */
function isEmptyFile(fd: number): boolean {
  const stats = fstatSync(fd);
  return stats.isFile() && stats.size === 0;
}

/** Who had it before may have removed it after it was opened here: then it locks nobody out. */
function isStillThere(fd: number, path: string): boolean {
  try {
    const [ours, there] = [fstatSync(fd, { bigint: true }), lstatSync(path, { bigint: true })];
    return ours.ino === there.ino && ours.dev === there.dev;
  } catch {
    return false;
  }
}

/** In this order: until it is closed, nobody else holds it, so the file is the one that was locked. */
function unlock(path: string, fd: number): void {
  attempt(path, () => unlinkSync(path));
  closeSync(fd);
}
