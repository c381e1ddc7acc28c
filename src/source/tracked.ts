// The mark that a tracker of sockinfo/connections sets on the sockets, sessions and streams of its connections. It
// leads from a request to its connection, even after the request has lost its socket or the socket has closed.
import type { Socket } from "node:net";
import type { PeerCredentials } from "../peer-credentials/types";
import type { TcpInfo } from "../tcp-info/types";
import type { Failure } from "../errors";
import { wrongValue } from "../values";
import { searchRequest } from "./search-source";

/** The part of a tracked connection that the core reads. */
export interface TrackedConnection {
  readonly id: number;
  /** False once its tracker no longer follows it. */
  readonly isTracked: boolean;
  /** The `socket` of the connection's requests. */
  readonly requestSocket: Socket;
  readonly remote: { readonly family: string; readonly address?: string; readonly port?: number } | undefined;
  /** Read just before the descriptor was closed. */
  readonly finalTcpInfo: TcpInfo | undefined;
  /** Read just before the descriptor was closed. */
  readonly finalPeerCredentials: PeerCredentials | undefined;
  /** How many requests have started. */
  readonly startedRequests: number;
  /** A `CloseReason` of sockinfo/connections. `undefined` while the connection lives. */
  readonly closeReason: string | undefined;
}

/** A symbol, because Node's proxies of HTTP/2 sockets forward it to the socket. A WeakMap would not find a proxy. */
export const kConnection: unique symbol = Symbol("sockinfo.connection");

/** The connection that `object` itself is marked with, as long as a tracker follows that connection. */
export function trackedAt(object: unknown): TrackedConnection | undefined {
  // A missing object is frequent, and a TypeError with its stack would cost more than the rest of the search.
  const connection = (object as { [kConnection]?: TrackedConnection } | null | undefined)?.[kConnection];
  return connection?.isTracked === true ? connection : undefined;
}

/**
 * The connection of a request, response or stream. `undefined` for a socket or a session, because these stand for the
 * present state of their connection.
 */
export function trackedOfRequest(source: unknown): TrackedConnection | undefined {
  const request = searchRequest(source, (candidate) => connectionOf(candidate) !== undefined);
  return request && connectionOf(request);
}

/** A stream of HTTP/2 keeps its own mark after it has lost its session. */
function connectionOf(request: object): TrackedConnection | undefined {
  if ("rstCode" in request) return trackedAt(request);
  try {
    return trackedAt((request as { socket?: unknown }).socket);
  } catch {
    // It is a request of HTTP/2, and its session has ended before its stream. Or it is a request without a socket.
    return undefined;
  }
}

const trackers = new WeakSet<object>();

/** Must be called once for each tracker, by its constructor. */
export function markTracker(tracker: object): void {
  trackers.add(tracker);
}

/** Whether `value` is a tracker of this copy of the package. Subpaths call this, because they lack the class. */
export function isTracker(value: unknown): boolean {
  return trackers.has(value as object);
}

export function refuseNonTracker(value: unknown): Failure | undefined {
  if (isTracker(value)) return undefined;
  return wrongValue("tracker", "be a tracker that trackConnections() of this copy of sockinfo returned", value);
}
