// What the functions of sockinfo/hijack take and return.
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** What `enableHijack()` returns. */
export interface HijackSwitch {
  /**
   * Undoes that call. Hijacking of a server ends when all calls for it are undone: its connections can't be hijacked any
   * more, and sockinfo's listeners leave the server. A `hijack()` that was called before still succeeds, and hijacked
   * connections can still be released. Further calls do nothing.
   */
  close(): void;
  /** The same as `close()`, for `using`. */
  [Symbol.dispose](): void;
}

/** A connection that its caller owns. */
export interface Hijacked {
  /**
   * The stream that the server spoke HTTP on: the accepted `net.Socket`, the `tls.TLSSocket` over it, or the Duplex
   * that was injected. Node's HTTP server has no listener, parser or timeout on it any more. An error without a
   * listener is kept, and emitted as soon as there is a listener for `'error'`. `allowHalfOpen` is true: after the
   * client's end you can go on writing.
   */
  readonly socket: Socket;
  /**
   * The bytes that came after the request and were not read: all bytes after the headers, or, where the body was read
   * to its end, all bytes after the body. Later bytes come from `socket`. Empty in most cases.
   */
  readonly head: Buffer;
}

/** Options of {@link release}. */
export interface ReleaseOptions {
  /**
   * Set it to true after an early `hijack()` of a request with a body, once you have read exactly that body from `head`
   * and the socket. Node takes the next byte for the next request: if you stopped too early, the client decides what
   * that request is. Default: false.
   */
  readonly ownerReadBody?: boolean | undefined;
}

/** The result of `hijackClientRequest()`: a connection that Node's HTTP client and its agent no longer use. */
export interface ClientHijacked {
  /**
   * Status and headers of the response. It has no body, whatever its headers announce. Destroying it leaves the socket
   * alone.
   */
  readonly response: IncomingMessage;
  /**
   * The connection: the `TLSSocket` of https, or the stream that `createConnection` returned. It is paused and has no
   * timeout. An error without a listener is kept, and emitted as soon as there is a listener for `'error'`.
   * `allowHalfOpen` is true: after the server's end you can go on writing, and must call `end()`.
   */
  readonly socket: Socket;
  /** The bytes that came after the response's headers. Later bytes come from `socket`. Often empty. */
  readonly head: Buffer;
}
