// isSupported and getUnsupportedReason: whether there is any use in asking, and what is in the way.
import { loadAddon } from "./addon/load";
import { Failure, type SocketInfoError } from "./errors";
import { hidingRuntime, refuseRuntime } from "./runtime";

/**
 * Whether this platform and runtime can answer: Linux or macOS, Node, and a native module that loads. Never throws. Where
 * it is `false`, {@link getUnsupportedReason} explains.
 *
 * Bun and Deno count as not supported: both hide the descriptors of their HTTP servers' sockets.
 *
 * @example
 * if (!isSupported()) log.warn(getUnsupportedReason());
 */
export function isSupported(): boolean {
  return findObstacle() === undefined;
}

/**
 * Why {@link isSupported} is `false`, as an error to log, with the code that the other functions would throw:
 * `ERR_SOCKINFO_UNSUPPORTED_PLATFORM`, `ERR_SOCKINFO_UNSUPPORTED_RUNTIME`, or `ERR_SOCKINFO_ADDON_LOAD_FAILED`, whose message
 * lists where the native module was looked for and says what to do. Never throws.
 *
 * @returns `undefined` where sockinfo is supported.
 */
export function getUnsupportedReason(): SocketInfoError | undefined {
  return findObstacle()?.toError(getUnsupportedReason);
}

function findObstacle(): Failure | undefined {
  const runtime = hidingRuntime();
  if (runtime) return refuseRuntime(runtime);
  const addon = loadAddon();
  return addon instanceof Failure ? addon : undefined;
}
