// What the headers of a request say of the bytes after them.
import type { IncomingMessage, Server } from "node:http";

/** Names and values together, as Node's parser counts when `server.maxHeadersCount` is not set. */
const DEFAULT_MAX_HEADER_PAIRS = 2000;

/** True also where the headers do not say for sure. */
export function mayHaveBody({ rawHeaders }: IncomingMessage, server: Server): boolean {
  if (mayLackHeaders(rawHeaders, server)) return true;
  return someHeader(rawHeaders, (name, value) => {
    return name === "transfer-encoding" || (name === "content-length" && Number(value) !== 0);
  });
}

/** Whether the client waits for a 100 before it sends a body. */
export function expectsContinue({ rawHeaders }: IncomingMessage): boolean {
  return someHeader(rawHeaders, (name) => name === "expect");
}

/** Whether Node may have cut headers off that its parser has obeyed: those beyond `server.maxHeadersCount`. */
export function mayLackHeaders(rawHeaders: readonly string[], { maxHeadersCount }: Server): boolean {
  const maxHeaderPairs = typeof maxHeadersCount === "number" ? 2 * maxHeadersCount : DEFAULT_MAX_HEADER_PAIRS;
  return maxHeaderPairs > 0 && rawHeaders.length >= maxHeaderPairs;
}

/** Not `request.headers`: middleware deletes entries there, and Node joins or drops repeated ones. */
function someHeader(
  rawHeaders: readonly string[],
  test: (name: string, value: string | undefined) => boolean,
): boolean {
  return rawHeaders.some((name, index) => index % 2 === 0 && test(name.toLowerCase(), rawHeaders[index + 1]));
}
