// Finds out why a connection ended. Its error decides. Without an error, the side that ended first decides.
import type { TcpInfo, TcpState } from "../core";
import { surelyAcked } from "./sent-syn";
import type { CloseReason } from "./types";

/** The facts that decide the reason. */
export interface CloseEvidence {
  readonly closeError: Error | undefined;
  readonly timedOut: boolean;
  /** The side that ended its half first. `undefined` if no stream reported it. */
  readonly firstToEnd: "client" | "server" | undefined;
  /** The side that sent the first GOAWAY. */
  readonly firstToSendGoaway: "client" | "server" | undefined;
  /** Whether this side has ended its half. */
  readonly writableEnded: boolean;
  readonly finalTcpInfo: TcpInfo | undefined;
  /** The state in `finalTcpInfo`, which costs less. */
  readonly finalState: TcpState | undefined;
  /** Whether this side opened the connection. */
  readonly sentSyn: boolean | undefined;
  /** Defined for Unix sockets only. */
  readonly finalPeerCredentials: object | undefined;
  readonly socket: { readonly bytesRead: number };
}

export function closeReason(evidence: CloseEvidence): CloseReason {
  const { closeError, timedOut, firstToEnd, firstToSendGoaway, writableEnded, finalState } = evidence;
  if (isGoawayError(closeError)) return firstToSendGoaway === "client" ? "client-end" : "server-end";
  if (closeError !== undefined) return reasonOf(closeError, evidence);
  // Checked before `timedOut`, because a listener of 'timeout' may have let the connection live.
  if (firstToEnd === "client") return lacksClientFin(evidence) ? "client-reset" : "client-end";
  if (timedOut) return "timeout";
  if (firstToEnd === "server") return "server-end";
  if (isClientFinPending(finalState)) return firstToSendGoaway === "server" ? "server-end" : "client-end";
  if (writableEnded) return "server-end";
  if (finalState !== "CLOSED") return "server-destroy";
  // TCP closed the connection during the TLS handshake, so no stream reported the end.
  return isFinAcked(evidence) ? "client-end" : "client-reset";
}

/** Whether this is Node's error for a GOAWAY with a code, which the client or `session.destroy(code)` has sent. */
function isGoawayError(error: NodeJS.ErrnoException | undefined): boolean {
  return error?.code === "ERR_HTTP2_SESSION_ERROR";
}

/**
 * Whether the end that Node reported was a reset. When TLS writes its session tickets, that may fail by a reset. Node
 * drops the error, and then reads an end. Linux counts a FIN as a byte received, so a missing FIN shows in the count.
 */
function lacksClientFin(evidence: CloseEvidence): boolean {
  if (evidence.finalState !== "CLOSED") return false;
  const { finalTcpInfo: info, socket } = evidence;
  return info?.platform === "linux" && info.bytesReceived === socket.bytesRead;
}

/** Linux counts this side's FIN as a byte when it is acknowledged. */
function isFinAcked({ finalTcpInfo: info, sentSyn }: CloseEvidence): boolean {
  if (info?.platform !== "linux") return false;
  const { bytesSent = Infinity, retransmittedBytes = 0, bytesAcked = 0 } = info;
  return surelyAcked(bytesAcked, sentSyn) > bytesSent - retransmittedBytes;
}

/** Whether the client has sent its FIN, but this side's FIN is not yet sent or not yet acknowledged. */
function isClientFinPending(state: TcpState | undefined): boolean {
  return state === "CLOSE_WAIT" || state === "LAST_ACK";
}

/**
 * Whether the client closed first, when the error is EPIPE. Linux reports a reset as EPIPE if the client's FIN came
 * before it. That reset only answers what this side wrote after the FIN.
 */
function hasClientEnded({ firstToEnd, finalTcpInfo: info, finalPeerCredentials, socket }: CloseEvidence): boolean {
  // Unix sockets have no reset. EPIPE means that the client has closed its end.
  if (finalPeerCredentials !== undefined) return true;
  if (info?.platform !== "linux" || info.bytesReceived === undefined) return firstToEnd === "client";
  return info.state === "CLOSED" && info.bytesReceived > socket.bytesRead;
}

/**
 * The errors that ICMP messages cause. On an established connection TCP only notes them and goes on sending. When it
 * gives up, the noted error replaces ETIMEDOUT: tcp(7), and `sk_err_soft` in the kernel.
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

/** False when an open connection was destroyed with the error of another socket or file. */
function hasTcpGivenUp({ code = "", syscall, message }: NodeJS.ErrnoException, state: TcpState | undefined): boolean {
  // OpenSSL's errors have the code EPROTO too, but their message does not end with it.
  return state === "CLOSED" && ICMP_ERRORS.has(code) && /^(read|write)$/.test(syscall ?? "") && message.endsWith(code);
}

function reasonOf(error: NodeJS.ErrnoException, evidence: CloseEvidence): CloseReason {
  const code = error.code ?? "";
  const state = evidence.finalState;
  if (hasTcpGivenUp(error, state)) return "timeout";
  switch (code) {
    case "ECONNRESET":
      // Node reports this also when a client closes in the middle of the TLS handshake.
      return isClientFinPending(state) ? "client-end" : "client-reset";
    // The client's FIN came in the middle of a request.
    case "HPE_INVALID_EOF_STATE":
      return "client-end";
    case "EPIPE":
      return hasClientEnded(evidence) ? "client-end" : "client-reset";
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
