// What a tracker of sockinfo/connections leaves on the sockets, sessions and streams of its connections. The core finds
// the connection by it when a request has lost its own way to the socket, or when the socket has closed.
import type { Socket } from "node:net";
import type { PeerCredentials } from "../peer-credentials/types";
import type { TcpInfo } from "../tcp-info/types";
import { searchRequest } from "./find-request";

/** The part of a tracked connection that the core reads. */
export interface TrackedConnection {
  /** False when its tracker has let go of it. */
  readonly isTracked: boolean;
  /** The `socket` of its requests. */
  readonly requestSocket: Socket;
  readonly remote: { readonly family: string; readonly address?: string; readonly port?: number } | undefined;
  /** Read when the descriptor was about to be closed. */
  readonly finalTcpInfo: TcpInfo | undefined;
  /** Read when the descriptor was about to be closed. */
  readonly finalPeerCredentials: PeerCredentials | undefined;
}

/** A symbol, because the proxies that Node puts before HTTP/2 sockets pass it on. A WeakMap would not find those. */
export const kConnection: unique symbol = Symbol("sockinfo.connection");

/** The connection that `object` itself is marked with. */
export function trackedAt(object: unknown): TrackedConnection | undefined {
  const connection = (object as { [kConnection]?: TrackedConnection })[kConnection];
  return connection?.isTracked === true ? connection : undefined;
}

/** The connection of a request, response or stream. A socket or a session is none of these: it is asked about now. */
export function trackedOfRequest(source: unknown): TrackedConnection | undefined {
  const request = searchRequest(source, (candidate) => connectionOf(candidate) !== undefined);
  return request && connectionOf(request);
}

/** A stream of HTTP/2 keeps its mark when it has lost its session. */
function connectionOf(request: object): TrackedConnection | undefined {
  if ("rstCode" in request) return trackedAt(request);
  try {
    return trackedAt((request as { socket?: unknown }).socket);
  } catch {
    // A request of HTTP/2 whose session has ended, and whose stream has not. Or one without a socket.
    return undefined;
  }
}
