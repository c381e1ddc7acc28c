// getConnection and tryGetConnection: source → connection, for the connections of all trackers.
import { Failure, type SocketSource } from "../core";
import { findConnection } from "./find-connection";
import type { Connection } from "./types";

/**
 * The tracked connection of `source`, which is anything that `getTcpInfo` takes. Every source of one connection leads
 * to the same object, in handlers and in 'close' listeners. For a typed `context` use
 * `tracker.getConnection(source)`.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_NOT_TRACKED` (the server has no tracker), and what `getSocket` throws.
 * @example
 * const { id, requests } = getConnection(req);
 */
export function getConnection(source: SocketSource): Connection {
  const connection = findConnection(source);
  if (connection instanceof Failure) throw connection.toError(getConnection);
  return connection;
}

/**
 * {@link getConnection}, but returns `undefined` when there is no connection for a reason outside the caller's
 * control.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`.
 * @example
 * log.info({ url: req.url, connection: tryGetConnection(req)?.id });
 */
export function tryGetConnection(source: SocketSource): Connection | undefined {
  const connection = findConnection(source);
  return connection instanceof Failure ? connection.toUndefined(tryGetConnection) : connection;
}
