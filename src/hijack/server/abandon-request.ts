// What becomes of a request whose connection has another owner: its readers must not wait for ever, and may not touch
// the connection.
import type { IncomingMessage } from "node:http";
import { Failure } from "../../core";
import { spareSocket } from "../spare-socket";

/** Ends the request for its readers: in order where it has no body or the body was read, otherwise with an error. */
export function abandonRequest(request: IncomingMessage, hasUnreadBody: boolean): void {
  spareSocket(request);
  if (hasUnreadBody) {
    request.destroy(Failure.of("ERR_SOCKINFO_HIJACKED", "the body belongs to the owner").toError(abandonRequest));
  } else if (!request.complete) {
    // The parser has stopped after the headers and will not report the end.
    request.complete = true;
    request.push(null);
  }
}
