// getConnection: source → connection, whichever tracker has it.
import { Failure, type SocketSource } from "../core";
import { findConnection } from "./find-connection";
import type { Connection } from "./types";

/**
 * The connection behind `source`: anything that `getTcpInfo` takes. The same object from every side, in handlers and in 'close'
 * handlers. For a typed `context`: `tracker.getConnection(source)`.
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
 * {@link getConnection}, or `undefined` where there is none for a reason that the caller can't help.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`.
 * @example
 * log.info({ url: req.url, connection: tryGetConnection(req)?.id });
 */
export function tryGetConnection(source: SocketSource): Connection | undefined {
  const connection = findConnection(source);
  return connection instanceof Failure ? connection.toUndefined(tryGetConnection) : connection;
}
