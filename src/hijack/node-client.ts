// What Node's HTTP client keeps on its objects and doesn't document (_http_client.js, _http_common.js): the same from Node 20 to 26.
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { listenerOf } from "./node-parser";

/** A request, while and after it has its connection. */
export interface Request extends ClientRequest {
  /** Set just before 'socket'; `null` again when the response is complete or the connection is gone. */
  parser: Parser | null;
  /** Set just before 'response', 'upgrade' or 'connect'. */
  res: Response | null;
}

export interface Response extends IncomingMessage {
  /** Whether what comes behind the headers is no HTTP. */
  upgrade: boolean | null;
}

export interface Parser {
  /** Called between the headers and the body. What it answers decides of the body: 2 stops the parser behind the headers. */
  onIncoming: (response: Response, shouldKeepAlive: boolean) => number;
  /** Gets the body, piece by piece. Where its `upgrade` is true after a piece of the connection's data, Node lets go of the socket. */
  incoming: BodyTaker | Response | null;
}

export interface BodyTaker {
  readonly upgrade: boolean;
  complete: boolean;
  /** `null` at the end of the body. */
  push(piece: Buffer | null): boolean;
}

/** Feeds the parser with what the connection receives. */
export function dataListenerOf(socket: Socket): ReturnType<typeof listenerOf> {
  return listenerOf(socket, "data", "socketOnData");
}

/** Gives the connection back to the agent, or closes it. */
export function endListenerOf(response: IncomingMessage): ReturnType<typeof listenerOf> {
  return listenerOf(response, "end", "responseOnEnd");
}
