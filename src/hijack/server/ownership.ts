// Hijacked sockets: what their owner gets, and whether they may go back to their server.
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
  /** Why HTTP can't go on after this request; `undefined` if it can. */
  readonly obstacle: string | undefined;
  /** Whether the request has a body that Node has not read. */
  readonly hasUnreadBody: boolean;
  /** Undoes what was done for the owner. */
  readonly end: () => void;
}

const ownerships = new WeakMap<object, Ownership>();

export function ownershipOf(socket: object): Ownership | undefined {
  return ownerships.get(socket);
}

export function forgetOwnership(socket: object): void {
  ownerships.delete(socket);
}

/** No timeout, no end of our side with the client's, no error that ends the process. */
export function ownSocket(taken: Taken): void {
  const { connection, hasUnreadBody } = taken;
  const { socket } = connection;
  const { allowHalfOpen } = socket as { allowHalfOpen?: boolean };
  // An injected Duplex may have no timeouts.
  socket.setTimeout?.(0);
  setHalfOpen(socket, true);
  const forgetErrors = keepErrors(socket);
  const end = (): void => {
    forgetErrors();
    setHalfOpen(socket, allowHalfOpen === true);
  };
  ownerships.set(socket, { connection, obstacle: obstacleTo(taken), hasUnreadBody, end });
}

/** TLS sockets of a server, and all sockets of a client, end their side as soon as the other side ends. */
function setHalfOpen(socket: Socket, value: boolean): void {
  (socket as { allowHalfOpen?: boolean }).allowHalfOpen = value;
}

/** Node would have closed the connection after this request, or would have counted or read on differently. */
function obstacleTo({ connection, request, response }: Taken): string | undefined {
  const { server } = connection;
  if (connection.askedForUpgrade(request)) return "the request asked for another protocol";
  if (mayLackHeaders(request.rawHeaders, connection.maxHeaderPairs))
    return "Node may have cut off headers, see server.maxHeadersCount";
  // Without a 100, Node closes the connection after the response: the client may send the body or not.
  if (expectsContinue(request)) return "the client may have waited for a 100 (Continue)";
  if (hidesBodyLength(request)) return "Content-Length or Transfer-Encoding has a space after its name";
  if (!response.shouldKeepAlive) return "the request was the last one of its connection";
  if (server.maxRequestsPerSocket) return "the server counts requests, see server.maxRequestsPerSocket";
  return undefined;
}
