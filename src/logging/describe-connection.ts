// describeConnection(): a tracked connection as a flat object, for logs.
import type { Connection } from "../connections";
import { Failure, isSocket, wrongValue } from "../core";
import { compact } from "./compact";
import { readTcpValues, type TcpValues } from "./tcp-values";
import type { ConnectionDescription } from "./types";

/**
 * A tracked connection as one flat object for a log line, mostly the line about its end. Each unit is in the name.
 * Values that are not known are left out.
 *
 * While the connection lives, the call reads `getsockopt(fd, IPPROTO_TCP, TCP_INFO)`. After the end, the values are
 * those of `finalTcpInfo`. A connection over a Unix socket has none.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` if `connection` is not a connection of a tracker.
 * @example
 * trackConnections(server).on("closed", (connection) => log.info(describeConnection(connection), "closed"));
 */
export function describeConnection(connection: Connection): ConnectionDescription {
  if (isConnection(connection)) return toDescription(connection);
  throw wrongValue("connection", "be a connection of a tracker", connection).toError(describeConnection);
}

/** Checks properties, because the connections of another copy of the package are of another class. */
export function isConnection(value: unknown): value is Connection {
  try {
    const { id, toJSON, getTcpInfo } = value as Partial<Connection>;
    return typeof id === "number" && typeof toJSON === "function" && typeof getTcpInfo === "function";
  } catch {
    return false;
  }
}

export function toDescription(connection: Connection): ConnectionDescription {
  const { remote, requests, timeShares, finalTcpInfo, ...summary } = connection.toJSON();
  const { address, port } = remote === undefined || remote.family === "unix" ? {} : remote;
  const tcp: TcpValues = finalTcpInfo ?? readLive(connection);
  return compact<ConnectionDescription>({
    connectionId: summary.id,
    connectionState: summary.state,
    protocol: summary.protocol,
    remoteAddress: address,
    remotePort: port,
    openedAt: summary.openedAt,
    durationMs: summary.durationMs,
    requestsServed: requests.served,
    requestsInFlight: requests.inFlight,
    closeReason: summary.closeReason,
    closeError: summary.closeError,
    tcpState: tcp.state,
    rttMs: tcp.rttMs,
    minRttMs: tcp.minRttMs,
    bytesSent: tcp.bytesSent,
    bytesReceived: tcp.bytesReceived,
    dataSegmentsSent: tcp.dataSegmentsSent,
    retransmittedSegments: tcp.retransmittedSegments,
    notSentBytes: tcp.notSentBytes,
    deliveryRateBytesPerSecond: tcp.deliveryRateBytesPerSecond,
    applicationMs: timeShares?.applicationMs,
    receiverMs: timeShares?.receiverMs,
    sendBufferMs: timeShares?.sendBufferMs,
    networkMs: timeShares?.networkMs,
  });
}

function readLive({ socket }: Connection): TcpValues {
  // An injected Duplex may lead to the socket of another connection.
  const tcp = isSocket(socket) ? readTcpValues(socket) : {};
  return tcp instanceof Failure ? {} : tcp;
}
