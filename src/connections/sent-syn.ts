// Whether this side opened the connection, by its SYN in `bytesAcked`. Other code may hand such sockets to a server.
import type { TcpInfo } from "../core";

/**
 * Linux counts the SYN of the side that connects as one byte in `bytesAcked`, and not in `bytesSent`. `undefined` if
 * the counters leave both possible, because something is not acknowledged.
 */
export function showsSentSyn(info: TcpInfo | undefined): boolean | undefined {
  if (info?.platform !== "linux") return undefined;
  const { state, bytesSent, retransmittedBytes, bytesAcked, unackedSegments, notSentBytes } = info;
  if (state === "SYN_SENT") return true;
  if (bytesSent === undefined || retransmittedBytes === undefined || bytesAcked === undefined) return undefined;
  if (bytesAcked === 0) return false;
  const uniqueBytes = bytesSent - retransmittedBytes;
  switch (state) {
    case "ESTABLISHED":
    case "CLOSE_WAIT":
      return unackedSegments === 0 && notSentBytes === 0 ? bytesAcked > uniqueBytes : undefined;
    // This side's FIN was acknowledged, and counts as well.
    case "FIN_WAIT_2":
    case "TIME_WAIT":
      return bytesAcked > uniqueBytes + 1;
  }
  return undefined;
}

/** Bytes and FIN that are surely acknowledged. Without knowledge of a SYN, one may have been sent. */
export function surelyAcked(bytesAcked: number, sentSyn: boolean | undefined): number {
  return sentSyn === false ? bytesAcked : bytesAcked - 1;
}
