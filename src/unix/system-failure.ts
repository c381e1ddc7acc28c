// What node:fs throws → a refusal of ours. Used where listen-unix.ts touches files.
import { Failure } from "../core";

/** `path` is told where the error's own is a way round, or none. */
export function systemFailure(error: unknown, path: string): Failure {
  const { errno, syscall } = error as NodeJS.ErrnoException;
  if (errno === undefined || syscall === undefined) throw error;
  return Failure.ofSystem(errno, syscall, path);
}

/** The result of a call of node:fs, or its failure. */
export function attempt<T>(path: string, call: () => T): T | Failure {
  try {
    return call();
  } catch (error) {
    return systemFailure(error, path);
  }
}
