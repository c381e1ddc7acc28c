// Ends a request after its connection has got another owner. The request's readers must not wait for ever, and must
// not touch the connection.
import type { IncomingMessage } from "node:http";
import { Failure } from "../../core";
import { leaveSocketOpen } from "../leave-socket-open";

/** If the body is unread, readers of the request get an error. Otherwise they get the end. */
export function abandonRequest(request: IncomingMessage, hasUnreadBody: boolean): void {
  leaveSocketOpen(request);
  if (hasUnreadBody) {
    const detail = "the caller of hijack() reads the body from the socket";
    request.destroy(Failure.of("ERR_SOCKINFO_HIJACKED", detail).toError(abandonRequest));
  } else if (!request.complete) {
    // The parser has stopped after the headers, so it will not report the end.
    request.complete = true;
    request.push(null);
  }
}
