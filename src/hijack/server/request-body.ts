// Whether a request has a body, from its headers.
import type { IncomingMessage, Server } from "node:http";

/** Names and values together, as Node's parser counts when `server.maxHeadersCount` is not set. */
const DEFAULT_MAX_HEADER_PAIRS = 2000;

/** True also where the headers do not say for sure. */
export function mayHaveBody({ rawHeaders }: IncomingMessage, server: Server): boolean {
  if (mayLackHeaders(rawHeaders, server)) return true;
  // Not `request.headers`: middleware deletes entries there, and Node joins or drops repeated ones.
  return rawHeaders.some((text, index) => {
    if (index % 2 === 1) return false;
    const name = text.toLowerCase();
    return name === "transfer-encoding" || (name === "content-length" && Number(rawHeaders[index + 1]) !== 0);
  });
}

/** Whether Node may have cut headers off that its parser has obeyed: those beyond `server.maxHeadersCount`. */
export function mayLackHeaders(rawHeaders: readonly string[], { maxHeadersCount }: Server): boolean {
  const maxHeaderPairs = typeof maxHeadersCount === "number" ? 2 * maxHeadersCount : DEFAULT_MAX_HEADER_PAIRS;
  return maxHeaderPairs > 0 && rawHeaders.length >= maxHeaderPairs;
}
