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
  readonly socket: { readonly bytesRead: number };
}

export function closeReason(ending: Ending): CloseReason {
  const { closeError, timedOut, endedFirst, goawayFirst, hasEnded, finalTcpInfo, socket } = ending;
  if (isOfGoaway(closeError)) return goawayFirst === "client" ? "client-end" : "server-end";
  if (closeError !== undefined) return reasonOf(closeError, finalTcpInfo?.state);
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

function reasonOf(error: Error, state: TcpState | undefined): CloseReason {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  switch (code) {
    case "ECONNRESET":
      // Node says so, too, when a client closes in the middle of the TLS handshake.
      return isAwaitingOurEnd(state) ? "client-end" : "client-reset";
    // A FIN in the middle of a request.
    case "HPE_INVALID_EOF_STATE":
      return "client-end";
    case "EPIPE":
      return "client-reset";
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
