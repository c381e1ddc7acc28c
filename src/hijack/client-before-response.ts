// Before the response has come: the parser is made to stop behind its headers.
import type { Socket } from "node:net";
import { Failure } from "../core";
import type { Request, Response } from "./node-client";

export type Taker = (response: Response, socket: Socket, head: Buffer) => void;

/** Has `take` called with the final response of a request that has its connection, unless it `isGivenUp` by then. */
export function stopBehindHeaders(request: Request, isGivenUp: () => boolean, take: Taker): Failure | undefined {
  const { parser } = request;
  if (typeof parser?.onIncoming !== "function") {
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", "this Node's HTTP client has no parser.onIncoming");
  }
  const { onIncoming } = parser;
  // The parser is Node's again after this request, and its onIncoming set anew by then.
  parser.onIncoming = function (response, shouldKeepAlive) {
    if (!isInterim(response.statusCode) && !isGivenUp()) {
      response.upgrade = true;
      takeUpgrade(request, take);
    }
    return onIncoming.call(this, response, shouldKeepAlive);
  };
  return undefined;
}

/** Has `take` called, and no other listener, when Node lets go of the connection. */
export function takeUpgrade(request: Request, take: Taker): void {
  const eventName = request.method === "CONNECT" ? "connect" : "upgrade";
  request.removeAllListeners(eventName).once(eventName, take);
}

function isInterim(status = 0): boolean {
  return status >= 100 && status < 200 && status !== 101;
}
