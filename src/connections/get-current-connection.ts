// getCurrentConnection: the tracked connection of the current request.
import { getCurrentSocket } from "./get-current-socket";
import { tryGetConnection } from "./get-connection";
import type { Connection } from "./types";

/**
 * The tracked connection of the current request: `getConnection(getCurrentSocket())`.
 *
 * @returns `undefined` outside of any request, and where the server has no tracker.
 * @throws {SocketInfoError} `ERR_SOCKINFO_NOT_ENABLED`: `enableCurrentSocket()` was not called, or all its calls are
 * closed. `ERR_SOCKINFO_UNSUPPORTED_RUNTIME` on Bun and Deno, always.
 * @example
 * log.info({ connection: getCurrentConnection()?.id });
 */
export function getCurrentConnection(): Connection | undefined {
  const socket = getCurrentSocket();
  return socket && tryGetConnection(socket);
}
