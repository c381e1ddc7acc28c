// What Node's parser has read of a body and nobody has taken, as it was on the wire: told where that can be told.
import type { IncomingMessage } from "node:http";
import { Failure } from "../core";
import type { Framing } from "./message-body";
import { takeBuffered } from "./node-parser";

/** Takes it out of `request`, whose further data is nobody's then; refuses before it has taken anything. */
export function takeParsedBody(request: IncomingMessage, framing: Framing | undefined): Buffer | Failure {
  const isRead = request.readableLength === 0;
  if (framing?.kind !== "length" && !(request.complete && isRead)) {
    return Failure.of(
      "ERR_SOCKINFO_BYTES_PARSED",
      "of a body in chunks only the data is known: read it to its end, or see the option hold of enableHijack()",
    );
  }
  // They would be called with what is taken.
  if (!isRead) request.removeAllListeners("data");
  return takeBuffered(request);
}
