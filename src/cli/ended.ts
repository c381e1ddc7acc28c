// What became of a connection, by the kernel's announcement alone. trackConnections with afterClose knows more, because
// it also reads the connection before its close.
import type { DestroyedSocket, LinuxTcpInfo, TcpEndpoint, TcpInfo } from "../core";

export interface Ended {
  readonly local: TcpEndpoint;
  /** The port is 0 after an abort. */
  readonly remote: TcpEndpoint;
  readonly cookie: bigint;
  /**
   * - `"delivered"`: the peer has acknowledged all that was sent, and nothing was left to send.
   * - `"incomplete"`: the other bytes are `unackedBytes` and `unsentBytes`.
   * - `"aborted"`: this side reset the connection (SO_LINGER 0), and the kernel cleared the numbers.
   * - `"unconnected"`: the peer never answered, or refused.
   * - `"unknown"`: the kernel is older than Linux 4.19.
   */
  readonly result: "delivered" | "incomplete" | "aborted" | "unconnected" | "unknown";
  /** Bytes of the application that were sent, each once. */
  readonly sentBytes: number | undefined;
  /** A FIN counts as one. */
  readonly receivedBytes: number | undefined;
  /** Sent, and never acknowledged: they may have arrived. One too few for the end that opened the connection. */
  readonly unackedBytes: number | undefined;
  /** Never sent. A FIN counts as one, and is left out if it is alone. */
  readonly unsentBytes: number | undefined;
  readonly retransmittedSegments: number | undefined;
  readonly tcpInfo: TcpInfo | undefined;
}

/** `undefined` for a socket that was no connection: a listener, or one that was never used. */
export function readEnded(socket: DestroyedSocket): Ended | undefined {
  const { local, remote } = socket.readEndpoints();
  if (remote.port === 0 && isUnspecified(remote.address)) return undefined;
  const { cookie } = socket;
  const base = { local, remote, cookie };
  if (remote.port === 0) return { ...base, result: "aborted", ...NO_NUMBERS, tcpInfo: undefined };
  const tcpInfo = socket.readTcpInfo();
  const numbers = readNumbers(tcpInfo);
  return numbers === undefined
    ? { ...base, result: "unknown", ...NO_NUMBERS, tcpInfo }
    : { ...base, ...numbers, tcpInfo };
}

const NO_NUMBERS = {
  sentBytes: undefined,
  receivedBytes: undefined,
  unackedBytes: undefined,
  unsentBytes: undefined,
  retransmittedSegments: undefined,
};

function isUnspecified(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

function readNumbers(info: TcpInfo | undefined): Omit<Ended, "local" | "remote" | "cookie" | "tcpInfo"> | undefined {
  if (info?.platform !== "linux") return undefined;
  const { bytesSent, retransmittedBytes, bytesAcked, bytesReceived, notSentBytes, retransmittedSegments } = info;
  if (
    bytesSent === undefined ||
    retransmittedBytes === undefined ||
    bytesAcked === undefined ||
    notSentBytes === undefined
  )
    return undefined;
  const sentBytes = bytesSent - retransmittedBytes;
  // `bytesAcked` also counts this side's FIN, and the SYN of the side that connected.
  const unackedBytes = Math.max(0, sentBytes - bytesAcked);
  // A FIN that was never sent. If it is not alone, it is one of many bytes.
  const unsentBytes = notSentBytes === 1 ? 0 : notSentBytes;
  const isComplete = unackedBytes === 0 && unsentBytes === 0;
  const result = !wasConnected(info) ? "unconnected" : isComplete ? "delivered" : "incomplete";
  return { result, sentBytes, receivedBytes: bytesReceived, unackedBytes, unsentBytes, retransmittedSegments };
}

/** A refused or unanswered SYN leaves no sample of the round-trip time, and at most the refusal as a segment. */
function wasConnected({ bytesAcked = 0, rttMs, segmentsReceived = 2 }: LinuxTcpInfo): boolean {
  return bytesAcked > 0 || rttMs !== undefined || segmentsReceived > 1;
}
