// Connection → the fields of TCP_INFO that the metrics are made of.
import { createTcpInfoReader, isSocket, type TcpInfoReader } from "../core";
import type { Connection } from "../connections";
import { FIELDS, type Reading } from "./tcp-counters";

let reader: TcpInfoReader<(typeof FIELDS)[number]> | undefined;

/** `undefined` if the connection can't be read now, or is not plain TCP. Never throws. */
export function readConnection({ socket }: Connection): Reading | undefined {
  // An injected Duplex may lead to the socket of another connection.
  if (!isSocket(socket)) return undefined;
  try {
    reader ??= createTcpInfoReader(FIELDS);
    return plainTcp(reader.try(socket));
  } catch {
    return undefined; // The native module can't be loaded, or the handle is of another library.
  }
}

/** TCP_INFO of MPTCP describes only its first path. */
export function plainTcp(reading: Reading | undefined): Reading | undefined {
  return reading?.isMptcp ? undefined : reading;
}

/** Bytes that were written and that the kernel has not sent. What Node holds is not included. */
export function unsentBytes({ notSentBytes }: Reading): number | undefined {
  return notSentBytes;
}

/** Bytes that were sent and that the client has not acknowledged. `undefined` where this kernel does not count them. */
export function unacknowledgedBytes({ bytesSent, retransmittedBytes, bytesAcked }: Reading): number | undefined {
  if (bytesSent === undefined || retransmittedBytes === undefined || bytesAcked === undefined) return undefined;
  // An acknowledged FIN counts as a byte.
  return Math.max(0, bytesSent - retransmittedBytes - bytesAcked);
}
