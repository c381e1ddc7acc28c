// Ends a request whose connection has another owner. Its readers must not wait for ever, and must not touch the
// connection.
import type { IncomingMessage } from "node:http";
import { Failure } from "../../core";
import { leaveSocketOpen } from "../leave-socket-open";

/** Readers get the end if there is no body or the body was read, and otherwise an error. */
export function abandonRequest(request: IncomingMessage, hasUnreadBody: boolean): void {
  leaveSocketOpen(request);
  if (hasUnreadBody) {
    request.destroy(Failure.of("ERR_SOCKINFO_HIJACKED", "the body belongs to the owner").toError(abandonRequest));
  } else if (!request.complete) {
    // The parser has stopped after the headers, so it will not report the end.
    request.complete = true;
    request.push(null);
  }
}
