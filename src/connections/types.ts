// What users see of a connection. The object itself is in connection.ts; who makes it, in tracker.ts.
import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { PeerCredentials, SocketInfoError, SocketInfoErrorCode, TcpInfo } from "../core";

/**
 * What a connection is doing, in the words of Go's `http.ConnState`:
 *
 * - `"new"`: accepted; no request has arrived yet. With TLS, the handshake is part of this.
 * - `"active"`: at least one request is being answered. It begins when a request's headers are complete; in Go, with their first
 *   byte, which Node does not report. A request that can't be parsed makes no connection active.
 * - `"idle"`: all requests are answered and read to their end, and the connection is kept alive. Pipelined requests keep it active.
 * - `"hijacked"`: handed over by an 'upgrade' or 'connect' event, or taken by `hijack()` of sockinfo/hijack. Final, even when the
 *   connection has closed; but `release()` makes it idle.
 * - `"closed"`: the descriptor is gone. Final.
 */
export type ConnectionState = "new" | "active" | "idle" | "hijacked" | "closed";

/**
 * Why a connection ended, as far as this side can know:
 *
 * - `"client-end"`: the client was first to close (FIN, or GOAWAY on HTTP/2), even if an answer was still under way, or the request
 *   itself (`closeError.code` is then `HPE_INVALID_EOF_STATE`). For a GOAWAY with an error code `closeError.code` is
 *   `ERR_HTTP2_SESSION_ERROR`.
 * - `"client-reset"`: the client, or something on the way, broke it off (RST).
 * - `"server-end"`: this side closed in order: after a response with `Connection: close`, by `socket.end()`; or it was the first to
 *   send GOAWAY (`close()`, `goaway()`, `destroy()` of an HTTP/2 session).
 * - `"server-destroy"`: this side dropped it: `socket.destroy()`, `closeAllConnections()`, `server.close()` of idle ones.
 * - `"timeout"`: a time limit of the server ran out (keep-alive, headers, request, socket, session, TLS handshake), or TCP gave
 *   up (ETIMEDOUT).
 * - `"protocol-error"`: what came was not HTTP. `"tls-error"`: the handshake or a record failed.
 * - `"context-error"`: the tracker's `context` threw. `"error"`: anything else; `closeError` tells.
 */
export type CloseReason =
  | "client-end"
  | "client-reset"
  | "server-end"
  | "server-destroy"
  | "timeout"
  | "protocol-error"
  | "tls-error"
  | "context-error"
  | "error";

/** One end of a connection: of TCP, or of a Unix socket, which has a path where it was bound to one. */
export type Endpoint =
  | { readonly family: "IPv4" | "IPv6"; readonly address: string; readonly port: number }
  | { readonly family: "unix"; readonly path: string };

/** Requests of one connection, streams on HTTP/2. The numbers move on as the connection does. */
export interface RequestCounts {
  /** Answered to the end; Node's own answers (400 for a missing Host, 417, 503) too. */
  readonly served: number;
  /** Being answered now. On a closed connection: those that it aborted. */
  readonly inFlight: number;
}

/** One accepted connection, as long as its tracker is attached to the server. The same object from every side. */
export interface Connection<Context = unknown> {
  /** Unique in this process, or in this worker thread; counts from 1. */
  readonly id: number;
  /** As the server accepted it: under TLS and HTTP/2 too, it is the raw one. The very Duplex, where one was injected. */
  readonly socket: Socket;
  /**
   * What TLS made of it: what handlers of https have as `req.socket`. `undefined` without TLS, before the handshake, and of an
   * `adopted` connection until its next request of HTTP/1.
   */
  readonly tlsSocket: TLSSocket | undefined;
  /**
   * The session of HTTP/2, to `close()` it or to `ping()`; `undefined` of HTTP/1, before the session, and of an `adopted`
   * connection until its next stream.
   */
  readonly http2Session: ServerHttp2Session | undefined;
  /**
   * The ALPN name: `"http/1.1"`, `"h2"`, `"h2c"` (HTTP/2 without TLS), or what a `tls.Server` negotiated. `undefined` if not known
   * (yet).
   */
  readonly protocol: string | undefined;
  readonly state: ConnectionState;
  /** When the tracker first saw it. That is when it was accepted, unless it was `adopted`. */
  readonly openedAt: Date;
  /** Whether the server had it before the tracker came. */
  readonly adopted: boolean;
  readonly requests: RequestCounts;
  /** This side. `undefined` for an injected Duplex. */
  readonly local: Endpoint | undefined;
  /** The other side. `undefined` for clients of Unix sockets, for an injected Duplex, and where the client had gone already. */
  readonly remote: Endpoint | undefined;
  /** What the tracker's `context` returned for this connection. */
  readonly context: Context;
  /** Milliseconds from `openedAt` until now, or until it ended. */
  readonly durationMs: number;
  /**
   * TCP_INFO, read when the descriptor was about to be closed. On Linux `bytesSent - retransmittedBytes - bytesAcked` bytes had been
   * sent and not yet acknowledged, and `notSentBytes` not sent. `unackedSegments` counts this side's FIN, too: after `"server-end"`
   * it is often 1 with all data acknowledged; an acknowledged FIN counts as one of `bytesAcked`. Of MPTCP the kernel
   * mostly knows only the state then. `undefined` while the connection lives, and where `finalTcpInfoError` has the
   * reason.
   */
  readonly finalTcpInfo: TcpInfo | undefined;
  /**
   * Why the connection has ended without `finalTcpInfo`: `ERR_SOCKINFO_NOT_TCP`, `ERR_SOCKINFO_NO_SOCKET` (an
   * injected Duplex), `ERR_SOCKINFO_SOCKET_CLOSED` (moved to a worker thread, Node 24 or later),
   * `ERR_SOCKINFO_UNSUPPORTED_RUNTIME`, `ERR_SOCKINFO_SYSTEM_CALL_DENIED` (a sandbox), or what else `getTcpInfo`
   * throws. Otherwise `undefined`.
   */
  readonly finalTcpInfoError: SocketInfoError | undefined;
  /** `undefined` while the connection lives. */
  readonly closeReason: CloseReason | undefined;
  /** The error that ended it; `undefined` if none did. */
  readonly closeError: Error | undefined;
  /** `getTcpInfo(connection.socket)`, with its errors: `ERR_SOCKINFO_SOCKET_CLOSED` when it has ended. */
  getTcpInfo(): TcpInfo;
  /** `getPeerCredentials(connection.socket)`, with its errors. */
  getPeerCredentials(): PeerCredentials;
  /**
   * What a log wants, as it is now; `closeError` is its code, or else its message. `JSON.stringify` calls it, and makes `null` of
   * `Infinity`, which JSON does not have.
   */
  toJSON(): ConnectionSummary;
}

/** What `connection.toJSON()` gives. It holds no socket, so it may be kept. */
export interface ConnectionSummary extends Pick<
  Connection,
  "id" | "protocol" | "state" | "local" | "remote" | "durationMs" | "closeReason" | "finalTcpInfo"
> {
  /** ISO 8601. */
  readonly openedAt: string;
  readonly requests: RequestCounts;
  /** `code` of `closeError`, or its message. */
  readonly closeError: string | undefined;
  /** `code` of `finalTcpInfoError`. */
  readonly finalTcpInfoError: SocketInfoErrorCode | (string & {}) | undefined;
}

export interface TrackConnectionsOptions<Context> {
  /**
   * Makes the context of a connection: called once, when the connection is accepted and none of its bytes has been handled; under
   * TLS before the handshake. Of an `adopted` connection it is called when the tracker is attached. If it throws, that connection
   * is destroyed, and `"contextError"` is the only event of it.
   */
  readonly context?: ((socket: Socket, connection: Connection<undefined>) => Context) | undefined;
}

/**
 * The events of a tracker, and what their listeners are given. What a listener throws is an uncaught exception, as usual, and Node's
 * own listeners of that connection are not run: it hangs. Catch in the listener.
 */
export interface TrackerEvents<Context> {
  /** Each change of state; `from` is `undefined` for a new connection. */
  state: [connection: Connection<Context>, from: ConnectionState | undefined, to: ConnectionState];
  new: [connection: Connection<Context>];
  active: [connection: Connection<Context>];
  idle: [connection: Connection<Context>];
  hijacked: [connection: Connection<Context>];
  /** Once for each connection, also for a hijacked one. Its descriptor is gone, `finalTcpInfo` and `closeReason` are there. */
  closed: [connection: Connection<Context>];
  /**
   * `context` threw, and the connection has ended for that. No other event of it is emitted, and it is not among the tracker's
   * live connections. Without a listener it becomes a process warning.
   */
  contextError: [error: unknown, connection: Connection<undefined>];
}
