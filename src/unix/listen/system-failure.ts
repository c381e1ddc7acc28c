// Turns an error of node:fs or node:net into a Failure.
import { Failure } from "../../core";

/** `path` goes into the message. The error's own path may be missing, or an internal one such as /proc/self/fd/7. */
export function systemFailure(error: unknown, path: string): Failure {
  const { errno, syscall, code } = error as NodeJS.ErrnoException;
  if (errno !== undefined && syscall !== undefined) return Failure.ofSystem(errno, syscall, path);
  const detail = `${path}: ${error instanceof Error ? error.message : String(error)}`;
  // Node's permission model refuses without a system call, so its errors have no errno.
  const denied = code === "ERR_ACCESS_DENIED";
  return Failure.of(denied ? "ERR_SOCKINFO_SYSTEM_CALL_DENIED" : "ERR_SOCKINFO_UNSUPPORTED_RUNTIME", detail, {
    cause: error,
  });
}

/** Returns the result of `call`, or its error as a Failure. */
export function attempt<T>(path: string, call: () => T): T | Failure {
  try {
    return call();
  } catch (error) {
    return systemFailure(error, path);
  }
}
