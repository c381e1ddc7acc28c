// Why a connection ended: from its error, else from who ended first.
import type { TcpInfo, TcpState } from "../core";
import type { CloseReason } from "./types";

/** What was seen of a connection that has ended. */
export interface Ending {
  readonly closeError: Error | undefined;
  readonly timedOut: boolean;
  /** Whose half ended first, where a stream showed it. */
  readonly endedFirst: "client" | "server" | undefined;
  /** Which side was first to send GOAWAY. */
  readonly goawayFirst: "client" | "server" | undefined;
  /** Whether this side ended its half. */
  readonly hasEnded: boolean;
  readonly finalTcpInfo: TcpInfo | undefined;
  /** Only Unix sockets have them. */
  readonly finalPeerCredentials: object | undefined;
  readonly socket: { readonly bytesRead: number };
}

export function closeReason(ending: Ending): CloseReason {
  const { closeError, timedOut, endedFirst, goawayFirst, hasEnded, finalTcpInfo, socket } = ending;
  if (isOfGoaway(closeError)) return goawayFirst === "client" ? "client-end" : "server-end";
  if (closeError !== undefined) return reasonOf(closeError, ending);
  // Before the time limit: a listener of 'timeout' may have let the connection live on.
  if (endedFirst === "client") return isWithoutFin(finalTcpInfo, socket.bytesRead) ? "client-reset" : "client-end";
  if (timedOut) return "timeout";
  if (endedFirst === "server") return "server-end";
  if (isAwaitingOurEnd(finalTcpInfo?.state)) return goawayFirst === "server" ? "server-end" : "client-end";
  if (hasEnded) return "server-end";
  if (finalTcpInfo?.state !== "CLOSED") return "server-destroy";
  // TCP closed it, and no stream knows: it was in the TLS handshake.
  return isFinAcked(finalTcpInfo) ? "client-end" : "client-reset";
}

/** Node's error for a GOAWAY with a code: the client's, or that of `session.destroy(code)`. */
function isOfGoaway(error: NodeJS.ErrnoException | undefined): boolean {
  return error?.code === "ERR_HTTP2_SESSION_ERROR";
}

/**
 * TLS may meet a reset when it writes its session tickets: Node drops that error, and then reads an end. Linux counts a FIN as a
 * byte received.
 */
function isWithoutFin(info: TcpInfo | undefined, bytesRead: number): boolean {
  return info?.platform === "linux" && info.state === "CLOSED" && info.bytesReceived === bytesRead;
}

/** Linux counts a FIN as a byte when it is acknowledged. */
function isFinAcked(info: TcpInfo): boolean {
  return info.platform === "linux" && (info.bytesAcked ?? 0) > (info.bytesSent ?? Infinity);
}

/** The client has sent its FIN, and this side's is not yet acknowledged. */
function isAwaitingOurEnd(state: TcpState | undefined): boolean {
  return state === "CLOSE_WAIT" || state === "LAST_ACK";
}

/**
 * Linux reports a reset as EPIPE when the client's FIN came before it. The client closed first, and the reset only answers what
 * this side still wrote.
 */
function hasClientEnded({ endedFirst, finalTcpInfo: info, finalPeerCredentials, socket }: Ending): boolean {
  // A Unix socket has no reset: EPIPE means that the client has closed its end.
  if (finalPeerCredentials !== undefined) return true;
  if (info?.platform !== "linux" || info.bytesReceived === undefined) return endedFirst === "client";
  return info.state === "CLOSED" && info.bytesReceived > socket.bytesRead;
}

/**
 * The errors in which ICMP messages result. On an established connection TCP only notes them, and goes on sending. When it gives up,
 * the error replaces ETIMEDOUT: tcp(7), and `sk_err_soft` in the kernel.
 */
const ICMP_ERRORS: ReadonlySet<string> = new Set([
  "EACCES",
  "ECONNREFUSED",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENONET",
  "ENOPROTOOPT",
  "ENOTSUP",
  "EOPNOTSUPP",
  "EPROTO",
]);

/** False for the error of another socket or file, with which the connection was destroyed while it was open. */
function hasTcpGivenUp({ code = "", syscall, message }: NodeJS.ErrnoException, state: TcpState | undefined): boolean {
  // OpenSSL's errors are EPROTO, too, and their message goes on.
  return state === "CLOSED" && ICMP_ERRORS.has(code) && /^(read|write)$/.test(syscall ?? "") && message.endsWith(code);
}

function reasonOf(error: NodeJS.ErrnoException, ending: Ending): CloseReason {
  const code = error.code ?? "";
  const state = ending.finalTcpInfo?.state;
  if (hasTcpGivenUp(error, state)) return "timeout";
  switch (code) {
    case "ECONNRESET":
      // Node says so, too, when a client closes in the middle of the TLS handshake.
      return isAwaitingOurEnd(state) ? "client-end" : "client-reset";
    // A FIN in the middle of a request.
    case "HPE_INVALID_EOF_STATE":
      return "client-end";
    case "EPIPE":
      return hasClientEnded(ending) ? "client-end" : "client-reset";
    case "ETIMEDOUT":
    case "ERR_HTTP_REQUEST_TIMEOUT":
    case "ERR_TLS_HANDSHAKE_TIMEOUT":
      return "timeout";
    case "EPROTO":
      return "tls-error";
  }
  if (/^ERR_(SSL|TLS)_/.test(code)) return "tls-error";
  if (/^(HPE_|ERR_HTTP)/.test(code)) return "protocol-error";
  return "error";
}
