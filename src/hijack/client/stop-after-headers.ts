// Makes Node's HTTP client stop after the headers of any final response and hand the connection over.
import type { Socket } from "node:net";
import { Failure } from "../../core";
import type { Request, Response } from "./node-client";

export type OnStopped = (response: Response, socket: Socket, head: Buffer) => void;

/**
 * Call it once the request has its connection. Calls `onStopped` with the final response, unless `isGivenUp()` returns
 * true by then.
 */
export function stopAfterHeaders(
  request: Request,
  isGivenUp: () => boolean,
  onStopped: OnStopped,
): Failure | undefined {
  const { parser } = request;
  if (typeof parser?.onIncoming !== "function") {
    const detail = `the HTTP client of Node ${process.version} has no parser.onIncoming`;
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", detail);
  }
  const { onIncoming } = parser;
  // Node sets its own function again when it uses the parser for another request.
  parser.onIncoming = function (response, shouldKeepAlive) {
    if (!isInterim(response.statusCode) && !isGivenUp()) {
      response.upgrade = true;
      const eventName = request.method === "CONNECT" ? "connect" : "upgrade";
      request.removeAllListeners(eventName).once(eventName, onStopped);
    }
    return onIncoming.call(this, response, shouldKeepAlive);
  };
  return undefined;
}

/** 101 is final: the connection changes its protocol after it. */
function isInterim(status = 0): boolean {
  return status >= 100 && status < 200 && status !== 101;
}
