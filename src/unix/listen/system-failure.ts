// What node:fs and node:net throw → a refusal of ours. Used where listen-unix.ts touches files.
import { Failure } from "../../core";

/** `path` is told where the error's own is a way round, or none. */
export function systemFailure(error: unknown, path: string): Failure {
  const { errno, syscall, code } = error as NodeJS.ErrnoException;
  if (errno !== undefined && syscall !== undefined) return Failure.ofSystem(errno, syscall, path);
  const detail = `${path}: ${error instanceof Error ? error.message : String(error)}`;
  // Node's permission model asks no system.
  const denied = code === "ERR_ACCESS_DENIED";
  return Failure.of(denied ? "ERR_SOCKINFO_SYSTEM_CALL_DENIED" : "ERR_SOCKINFO_UNSUPPORTED_RUNTIME", detail, {
    cause: error,
  });
}

/** The result of a call, or its failure. */
export function attempt<T>(path: string, call: () => T): T | Failure {
  try {
    return call();
  } catch (error) {
    return systemFailure(error, path);
  }
}
