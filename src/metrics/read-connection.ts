// Connection → the fields of TCP_INFO that the metrics are made of.
import { createTcpInfoReader, isSocket, type TcpInfoField, type TcpInfoReader } from "../core";
import type { Connection } from "../connections";
import { FIELDS, type Reading } from "./tcp-counters";

let reader: TcpInfoReader<TcpInfoField> | undefined;

/** Returns `undefined` if the connection can't be read now, or is not plain TCP. Never throws. */
export function readConnection(connection: Connection): Reading | undefined {
  const { socket } = connection;
  // An injected Duplex may lead to the socket of another connection.
  if (!isSocket(socket)) return undefined;
  try {
    reader ??= createTcpInfoReader(FIELDS);
    return usableReading(connection, reader.try(socket));
  } catch {
    return undefined; // The native module can't be loaded, or the handle is of another library.
  }
}

/**
 * The reading, without the client's FIN in `bytesReceived`. Returns `undefined` for MPTCP, because its TCP_INFO
 * describes only the first path.
 */
export function usableReading({ socket }: Connection, reading: Reading | undefined): Reading | undefined {
  if (reading?.isMptcp) return undefined;
  if (reading?.bytesReceived === undefined || !hasClientFin(reading, socket.bytesRead)) return reading;
  return { ...reading, bytesReceived: reading.bytesReceived - 1 };
}

/** Whether `bytesReceived` includes the client's FIN, which Linux counts as a byte. */
function hasClientFin({ state, bytesReceived }: Reading, bytesRead: number): boolean {
  if (process.platform !== "linux") return false;
  switch (state) {
    case "CLOSE_WAIT":
    case "LAST_ACK":
    case "CLOSING":
    case "TIME_WAIT":
      return true;
    // The state does not show whether there was a FIN.
    case "CLOSED":
      return bytesReceived === bytesRead + 1;
    default:
      return false;
  }
}

/** Bytes in the kernel that were never sent. Node's own buffers are not included. */
export function unsentBytes({ notSentBytes }: Reading): number | undefined {
  return notSentBytes;
}

/** Bytes that were sent and that the client has not acknowledged. */
export function unacknowledgedBytes({ bytesSent, retransmittedBytes, bytesAcked }: Reading): number | undefined {
  if (bytesSent === undefined || retransmittedBytes === undefined || bytesAcked === undefined) return undefined;
  // An acknowledged FIN counts as a byte.
  return Math.max(0, bytesSent - retransmittedBytes - bytesAcked);
}
