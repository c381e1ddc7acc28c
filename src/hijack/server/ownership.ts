// Sets hijacked sockets up for their owners, and decides whether they may go back to their server.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { keepErrors } from "../keep-errors";
import type { HttpConnection } from "./http-connection";
import { expectsContinue, hidesBodyLength, mayLackHeaders } from "./request-headers";

/** A connection that was taken from its server. */
interface Taken {
  readonly connection: HttpConnection;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly hasUnreadBody: boolean;
}

export interface Ownership {
  readonly connection: HttpConnection;
  /** The reason why HTTP can't go on after this request; `undefined` if it can. */
  readonly releaseObstacle: string | undefined;
  /** Whether the request has a body that Node has not read. */
  readonly hasUnreadBody: boolean;
  /** Undoes what `ownSocket` has changed on the socket. */
  readonly restoreSocket: () => void;
}

const ownerships = new WeakMap<object, Ownership>();

export function ownershipOf(socket: object): Ownership | undefined {
  return ownerships.get(socket);
}

export function forgetOwnership(socket: object): void {
  ownerships.delete(socket);
}

/** Removes the socket's timeout, keeps it open when the client ends, and keeps its errors from ending the process. */
export function ownSocket(taken: Taken): void {
  const { connection, hasUnreadBody } = taken;
  const { socket } = connection;
  const { allowHalfOpen } = socket as { allowHalfOpen?: boolean };
  // An injected Duplex may not have this method.
  socket.setTimeout?.(0);
  setHalfOpen(socket, true);
  const stopKeepingErrors = keepErrors(socket);
  const restoreSocket = (): void => {
    stopKeepingErrors();
    setHalfOpen(socket, allowHalfOpen === true);
  };
  ownerships.set(socket, { connection, releaseObstacle: findReleaseObstacle(taken), hasUnreadBody, restoreSocket });
}

/** If this is false, TLS sockets of a server end their side as soon as the client ends its own. */
function setHalfOpen(socket: Socket, value: boolean): void {
  (socket as { allowHalfOpen?: boolean }).allowHalfOpen = value;
}

/**
 * The reason why Node alone would have closed the connection after this request, counted the request, or read on in
 * another way. `undefined` if there is none.
 */
function findReleaseObstacle({ connection, request, response }: Taken): string | undefined {
  const { server } = connection;
  if (connection.askedForUpgrade(request)) return "the request asked for another protocol";
  if (mayLackHeaders(request.rawHeaders, connection.maxHeaderPairs)) {
    return "Node may have cut off headers, see server.maxHeadersCount";
  }
  // Without a 100, the client may send the body or not. So Node closes the connection after the response.
  if (expectsContinue(request)) return "the client may have waited for a 100 (Continue)";
  if (hidesBodyLength(request)) return "Content-Length or Transfer-Encoding has a space after its name";
  if (!response.shouldKeepAlive) return "the request was the last one of its connection";
  if (server.maxRequestsPerSocket) return "the server counts requests, see server.maxRequestsPerSocket";
  return undefined;
}
