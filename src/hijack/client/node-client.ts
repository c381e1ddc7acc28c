// The undocumented parts of Node's HTTP client that we rely on (_http_client.js, _http_common.js). They are the same
// from Node 20 to 26.
import type { ClientRequest, IncomingMessage } from "node:http";

export interface Request extends ClientRequest {
  /** Set just before 'socket'. `null` again when the response is complete or the connection is closed. */
  parser: Parser | null;
  /** Set just before 'response', 'upgrade' or 'connect'. */
  res: Response | null;
}

export interface Response extends IncomingMessage {
  /** Whether the bytes after the headers are not HTTP. */
  upgrade: boolean | null;
}

export interface Parser {
  /**
   * Called between headers and body. If `response.upgrade` is true afterwards, Node stops the parser there and passes
   * the socket to the listener of 'upgrade' or 'connect'.
   */
  onIncoming: (response: Response, shouldKeepAlive: boolean) => number;
}
