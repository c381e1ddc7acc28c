// What the functions of this ring take and give.
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** Options of {@link enableHijack}. */
export interface EnableHijackOptions {
  /**
   * Which requests may be hijacked late: after their handler has gone on to something asynchronous, a body to read, a session to
   * look up. Called once for each request whose handler returned without an answer. Of those for which it says true nothing
   * more is parsed: their body is read by sockinfo, and when they are answered after all, the server goes on with what follows.
   *
   * Without it `hijack()` works late, too, but refuses (`ERR_SOCKINFO_BYTES_PARSED`) where the client did not wait, and the server
   * has taken its bytes for the next request.
   *
   * Requests without a body that ask for an Upgrade of which no listener of the server hears are held unasked, as Node drops what
   * comes with them; not where the server has `maxRequestsPerSocket`, which counts anew behind a held request.
   *
   * Say true of few: a held request costs some 40 microseconds of CPU time, and `server.closeAllConnections()` does not know its
   * connection meanwhile. Another copy of this package can't hijack it late.
   * What this throws is thrown as if the handler had.
   */
  readonly hold?: ((request: IncomingMessage) => boolean) | undefined;
  /**
   * Gives CONNECT requests to the server's `'request'` listeners, where a `'connect'` listener would get them otherwise, or, without
   * one, nobody: Node closes the connection then. A server with `'connect'` listeners goes on as before. Default: false.
   */
  readonly connect?: boolean | undefined;
}

/** A connection that its caller owns. */
export interface Hijacked {
  /**
   * What the server spoke HTTP on: the accepted `net.Socket`, the `tls.TLSSocket` over it, or the Duplex that was injected. No
   * listener of Node's HTTP server is left on it, no parser and no timeout. Add a listener for `'error'` at once.
   */
  readonly socket: Socket;
  /**
   * The bytes behind the request that have come already and that nobody has read, exactly: behind its headers, or behind what
   * was read of its body. What comes later comes from `socket`. Empty in most cases.
   */
  readonly head: Buffer;
}

/** What `requestHijack` gives: a connection that Node's HTTP client and its agent have let go of. */
export interface ClientHijacked {
  /**
   * The response: status and headers. It has no body, whatever its headers announce, and ends as soon as it is read; to
   * destroy it leaves the socket alone.
   */
  readonly response: IncomingMessage;
  /**
   * The connection: the `TLSSocket` of https, and with `createConnection` what that gave. Paused, without a timeout, and without
   * a listener for `'error'`: add one at once.
   */
  readonly socket: Socket;
  /** The bytes that came after the response's headers already. Often empty; those that come later are read from `socket`. */
  readonly head: Buffer;
}
