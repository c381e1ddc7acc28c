// Finds out from the headers of a request what bytes may follow them.
import type { IncomingMessage } from "node:http";

/** Also true if the headers do not decide it. */
export function mayHaveBody({ rawHeaders }: IncomingMessage, maxHeaderPairs: number): boolean {
  if (mayLackHeaders(rawHeaders, maxHeaderPairs)) return true;
  return someHeader(rawHeaders, (name, value) => {
    return name === "transfer-encoding" || (name === "content-length" && Number(value) !== 0);
  });
}

/**
 * Whether the parser has obeyed a header that `request.headers` does not have under its name. This happens with
 * `insecureHTTPParser` and a space after the name. Then code that trusts `request.headers` gets the body's length
 * wrong.
 */
export function hidesBodyLength({ rawHeaders }: IncomingMessage): boolean {
  return someHeader(rawHeaders, (name, _value, rawName) => {
    return (name === "transfer-encoding" || name === "content-length") && rawName !== rawName.trim();
  });
}

/** Whether the client may wait for a 100 before it sends a body. */
export function expectsContinue({ rawHeaders }: IncomingMessage): boolean {
  return someHeader(rawHeaders, (name) => name === "expect");
}

/**
 * Whether there were so many headers that Node may have dropped some that its parser has obeyed. `maxHeaderPairs` is
 * the limit of the connection's parser, names and values together; 0 means no limit. The server's `maxHeadersCount`
 * would not do, because it may have changed since the connection came.
 */
export function mayLackHeaders(rawHeaders: readonly string[], maxHeaderPairs: number): boolean {
  return maxHeaderPairs > 0 && rawHeaders.length >= maxHeaderPairs;
}

/**
 * Reads `rawHeaders`, because middleware deletes entries of `request.headers`, and Node joins or drops repeated ones
 * there. Trims names, because a lenient parser (`insecureHTTPParser`) obeys names that end with a space.
 */
function someHeader(
  rawHeaders: readonly string[],
  test: (name: string, value: string | undefined, rawName: string) => boolean,
): boolean {
  return rawHeaders.some(
    (name, index) => index % 2 === 0 && test(name.trim().toLowerCase(), rawHeaders[index + 1], name),
  );
}
