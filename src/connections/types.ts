// The public types of trackers and their connections.
import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { PeerCredentials, SocketInfoError, SocketInfoErrorCode, TcpInfo, TcpTimeShares } from "../core";
import type { ConnectionOutcome } from "./after-close/types";

/**
 * What a connection is doing, in the words of Go's `http.ConnState`:
 *
 * - `"new"`: accepted, and no request has arrived yet. The TLS handshake is part of this state.
 * - `"active"`: at least one request is being answered. It begins when a request's headers are complete. In Go it
 *   begins with their first byte, which Node does not report. A request that can't be parsed does not make it active.
 * - `"idle"`: all requests are answered and read to their end, and the connection is kept alive. Pipelined requests
 *   keep it active.
 * - `"hijacked"`: handed over by an 'upgrade' or 'connect' event, or taken by `hijack()` of sockinfo/hijack. Final,
 *   even after the connection has closed, except that `release()` makes it idle.
 * - `"closed"`: the descriptor is closed. Final.
 */
export type ConnectionState = "new" | "active" | "idle" | "hijacked" | "closed";

/**
 * Why a connection ended, as far as this side can find out:
 *
 * - `"client-end"`: the client closed first (FIN, or GOAWAY on HTTP/2), even if a response was not finished. If its
 *   request was not finished, `closeError.code` is `HPE_INVALID_EOF_STATE`. For a GOAWAY with an error code it is
 *   `ERR_HTTP2_SESSION_ERROR`.
 * - `"client-reset"`: the client, or a device on the way, reset it (RST).
 * - `"server-end"`: this side closed in order: after a response with `Connection: close`, or by `socket.end()`. Or it
 *   sent the first GOAWAY, by `close()`, `goaway()` or `destroy()` of an HTTP/2 session.
 * - `"server-destroy"`: this side dropped it: `socket.destroy()`, `closeAllConnections()`, or `server.close()` for
 *   idle connections.
 * - `"timeout"`: a time limit of the server ran out (keep-alive, headers, request, socket, session, TLS handshake),
 *   or TCP ended the connection, because the client no longer answered (ETIMEDOUT).
 * - `"protocol-error"`: the client did not send HTTP.
 * - `"tls-error"`: the handshake or a record failed.
 * - `"context-error"`: the tracker's `context` threw.
 * - `"error"`: any other error; `closeError` has the details.
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

/** The address of one end of a connection. A Unix socket has a `path` if it was bound to one. */
export type Endpoint =
  | { readonly family: "IPv4" | "IPv6"; readonly address: string; readonly port: number }
  | { readonly family: "unix"; readonly path: string };

/** The requests of one connection (on HTTP/2, its streams). A live object: the numbers change with the connection. */
export interface RequestCounts {
  /** Requests that were answered completely, also by Node itself (400 for a missing Host, 417, 503). */
  readonly served: number;
  /** Requests that are being answered now. On a closed connection: those that its end aborted. */
  readonly inFlight: number;
}

/** One accepted connection, while its tracker is attached to the server. Every source leads to the same object. */
export interface Connection<Context = unknown> {
  /** Unique in this process or worker thread. Counts from 1. */
  readonly id: number;
  /**
   * The socket that the server accepted: the raw one, also for TLS and HTTP/2. If a Duplex was injected, it is that
   * Duplex.
   */
  readonly socket: Socket;
  /**
   * The TLS socket over it, which https handlers have as `req.socket`. `undefined` without TLS, before the handshake,
   * and for an `adopted` connection until its next HTTP/1 request.
   */
  readonly tlsSocket: TLSSocket | undefined;
  /**
   * The HTTP/2 session, to `close()` it or to `ping()`. `undefined` for HTTP/1, before the session begins, and for an
   * `adopted` connection until its next stream.
   */
  readonly http2Session: ServerHttp2Session | undefined;
  /**
   * The ALPN name of the protocol: `"http/1.1"`, `"h2"`, `"h2c"` (HTTP/2 without TLS), or what a `tls.Server`
   * negotiated. `undefined` before it is negotiated, and where it can't be found out.
   */
  readonly protocol: string | undefined;
  readonly state: ConnectionState;
  /** When the tracker began to follow it. That is when the server accepted it, unless it is `adopted`. */
  readonly openedAt: Date;
  /** Whether the server already had it when the tracker was attached. */
  readonly adopted: boolean;
  readonly requests: RequestCounts;
  /** The address of this side. `undefined` for an injected Duplex. */
  readonly local: Endpoint | undefined;
  /**
   * The address of the client. `undefined` for clients of Unix sockets, for an injected Duplex, and if the client had
   * already gone.
   */
  readonly remote: Endpoint | undefined;
  /** What the tracker's `context` returned for this connection. */
  readonly context: Context;
  /** Milliseconds from `openedAt` until now, or until it ended. */
  readonly durationMs: number;
  /**
   * TCP_INFO, read just before the descriptor was closed. `undefined` while the connection lives, and where
   * `finalTcpInfoError` has the reason.
   *
   * On Linux `bytesSent - retransmittedBytes - bytesAcked` bytes were sent and not yet acknowledged, and
   * `notSentBytes` were not sent. `unackedSegments` includes this side's FIN: after `"server-end"` it is often 1 with
   * all data acknowledged. An acknowledged FIN counts as one of `bytesAcked`. For MPTCP, mostly only `state` has a
   * value.
   */
  readonly finalTcpInfo: TcpInfo | undefined;
  /**
   * Why the connection has ended without `finalTcpInfo`: `ERR_SOCKINFO_NOT_TCP`, `ERR_SOCKINFO_NO_SOCKET` (an
   * injected Duplex), `ERR_SOCKINFO_SOCKET_CLOSED` (moved to a worker thread, Node 24 or later),
   * `ERR_SOCKINFO_UNSUPPORTED_RUNTIME`, `ERR_SOCKINFO_SYSTEM_CALL_DENIED` (a sandbox), or another error of
   * `getTcpInfo`. Otherwise `undefined`.
   */
  readonly finalTcpInfoError: SocketInfoError | undefined;
  /**
   * Where the time from `openedAt` to the end went, in milliseconds: `applicationMs` (nothing to send, idle time
   * included), `receiverMs`, `sendBufferMs` and `networkMs`. They sum to `durationMs`. `undefined` while the connection
   * lives, for an `adopted` one, before Linux 4.10, on macOS, and for MPTCP.
   */
  readonly timeShares: TcpTimeShares | undefined;
  /** `undefined` while the connection lives. */
  readonly closeReason: CloseReason | undefined;
  /** The error that ended it. `undefined` if no error did. */
  readonly closeError: Error | undefined;
  /** `getTcpInfo(connection.socket)`, with its errors: `ERR_SOCKINFO_SOCKET_CLOSED` after the end. */
  getTcpInfo(): TcpInfo;
  /** `getPeerCredentials(connection.socket)`, with its errors. */
  getPeerCredentials(): PeerCredentials;
  /**
   * A summary for logs, as of now. `JSON.stringify` calls it, and turns `Infinity` into `null`, because JSON has no
   * infinity.
   */
  toJSON(): ConnectionSummary;
}

/** The result of `connection.toJSON()`. It holds no socket, so it may be kept. */
export interface ConnectionSummary extends Pick<
  Connection,
  "id" | "protocol" | "state" | "local" | "remote" | "durationMs" | "closeReason" | "finalTcpInfo" | "timeShares"
> {
  /** ISO 8601. */
  readonly openedAt: string;
  readonly requests: RequestCounts;
  /** The code of `closeError`, or its message if it has no code. */
  readonly closeError: string | undefined;
  /** The code of `finalTcpInfoError`. */
  readonly finalTcpInfoError: SocketInfoErrorCode | (string & {}) | undefined;
}

export interface TrackConnectionsOptions<Context> {
  /**
   * Makes the context of a connection. It is called once, when the connection is accepted and before any of its bytes
   * is handled (with TLS, before the handshake). For an `adopted` connection it is called when the tracker is
   * attached. If it throws, that connection is destroyed, and `"contextError"` is its only event.
   */
  readonly context?: ((socket: Socket, connection: Connection<undefined>) => Context) | undefined;
  /**
   * Whether the tracker follows connections after the close of their descriptors, and emits "destroyed" at their true
   * end. Default: `false`, which opens no netlink socket. Needs Linux 4.19; elsewhere each outcome is `"unknown"`.
   */
  readonly afterClose?: boolean | undefined;
}

/** The options of `tracker.whenDestroyed`. */
export interface WhenDestroyedOptions {
  /** How long it waits at most, in milliseconds: up to 2,147,483,647, the longest time of a timer. */
  readonly timeoutMs: number;
}

/**
 * The events of a tracker, and the arguments of their listeners. Events are named after the state that a connection
 * enters, so the event at the end of a connection is "closed". Catch errors in your listeners. An error that a
 * listener throws is an uncaught exception, as usual. Node's own listeners of that connection then do not run, and the
 * connection hangs.
 */
export interface TrackerEvents<Context> {
  /** A connection has changed its state. `from` is `undefined` for a new connection. */
  state: [connection: Connection<Context>, from: ConnectionState | undefined, to: ConnectionState];
  new: [connection: Connection<Context>];
  active: [connection: Connection<Context>];
  idle: [connection: Connection<Context>];
  hijacked: [connection: Connection<Context>];
  /**
   * Emitted once for each connection, even for a hijacked one. Its descriptor is closed; `finalTcpInfo` and
   * `closeReason` are set.
   */
  closed: [connection: Connection<Context>];
  /**
   * Never emitted without the option `afterClose`: then the first listener causes a process warning.
   *
   * With the option, emitted once for each closed connection, after "closed": the kernel has nothing more to send, or
   * it is not known what became of the connection. Quick clients cause it within milliseconds. A client that reads
   * slowly or has vanished causes it after minutes.
   */
  destroyed: [connection: Connection<Context>, outcome: ConnectionOutcome];
  /**
   * `context` threw, and the connection has ended because of that. No other event is emitted for the connection, and
   * it is not among the tracker's live connections. Without a listener, the error becomes a process warning.
   */
  contextError: [error: unknown, connection: Connection<undefined>];
}
