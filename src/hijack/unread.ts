// What Node's parser has read of a body and nobody has taken, as it was on the wire: told where that can be told.
import type { IncomingMessage } from "node:http";
import { Failure } from "../core";
import type { Framing } from "./message-body";

/** Takes it out of `request`, whose further data is nobody's then; refuses before it has taken anything. */
export function takeUnread(request: IncomingMessage, framing: Framing | undefined): Buffer | Failure {
  const isRead = request.readableLength === 0;
  if (framing?.kind !== "length" && !(request.complete && isRead)) {
    return Failure.of("ERR_SOCKINFO_BYTES_PARSED", "a body in chunks, of which only the data is known");
  }
  if (isRead) return Buffer.alloc(0);
  // They would be told of it by read().
  request.removeAllListeners("data");
  // With a length: from Node 26 on, read() without one gives the first piece only.
  return request.read(request.readableLength) as Buffer;
}
