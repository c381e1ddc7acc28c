// The types that the functions of sockinfo/hijack take and return.
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** The result of `hijack()`: a connection that its caller owns. */
export interface Hijacked {
  /**
   * The stream that the server spoke HTTP on: the accepted `net.Socket`, the `tls.TLSSocket` over it, or the injected
   * Duplex. Node's HTTP server has no listener, parser or timeout on it any more. sockinfo keeps an error without a
   * listener, and emits it as soon as there is a listener for `'error'`. `allowHalfOpen` is true: after the client's
   * end you can go on writing.
   */
  readonly socket: Socket;
  /**
   * The bytes that came after the request and were not read. These are all bytes after the headers, or all bytes after
   * the body if the body was read to its end. Later bytes come from `socket`. Empty in most cases.
   */
  readonly head: Buffer;
}

/** Options of {@link release}. */
export interface ReleaseOptions {
  /**
   * Set it to true after an early `hijack()` of a request with a body, once you have read exactly that body from
   * `head` and the socket. Node reads the next byte as the next request: if you stopped too early, the client decides
   * what that request is. Default: false.
   */
  readonly ownerReadBody?: boolean | undefined;
}

/** The result of `hijackClientRequest()`: a connection that Node's HTTP client and its agent no longer use. */
export interface ClientHijacked {
  /**
   * Status and headers of the response. It has no body, whatever its headers announce. Destroying it does not affect
   * the socket.
   */
  readonly response: IncomingMessage;
  /**
   * The connection: the `net.Socket`, the `tls.TLSSocket` of https, or the stream that `createConnection` returned. It
   * is paused and has no timeout. sockinfo keeps an error without a listener, and emits it as soon as there is a
   * listener for `'error'`. `allowHalfOpen` is true: after the server's end you can go on writing, and must call
   * `end()`.
   */
  readonly socket: Socket;
  /** The bytes that came after the response's headers. Later bytes come from `socket`. Often empty. */
  readonly head: Buffer;
}
