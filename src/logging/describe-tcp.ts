// describeTcp(): the TCP connection of a request as a flat object, for logs.
import type { CloseReason } from "../connections";
import { Failure, searchSource, type SocketSource, trackedAt } from "../core";
import { compact } from "./compact";
import { readTcpValues, type TcpValues } from "./tcp-values";
import type { TcpDescription } from "./types";

/**
 * `getsockopt(fd, IPPROTO_TCP, TCP_INFO)` and the request's connection in its tracker, as one flat object for a log
 * line. Each unit is in the name. Values that are not known are left out.
 *
 * On a server with `trackConnections`, it also works after the connection has ended, and returns the final values. An
 * HTTP/2 request that has ended, as in 'finish' and 'close', needs such a server, too.
 *
 * Returns `undefined` if nothing is known: a Unix socket or an ended request without a tracker, or a mock request.
 * If the native module can't be loaded, only the values of TCP_INFO are left out.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` if `source` is not a source.
 * @example
 * res.on("close", () => log.info({ url: req.url, status: res.statusCode, tcp: describeTcp(req) }));
 */
export function describeTcp(source: SocketSource): TcpDescription | undefined {
  const description = tryDescribeTcp(source);
  if (description instanceof Failure) throw description.toError(describeTcp);
  return description;
}

/** Returns a failure only for a wrong argument. */
export function tryDescribeTcp(source: unknown): TcpDescription | Failure | undefined {
  const found = readTcpValues(source);
  if (found instanceof Failure && found.code === "ERR_SOCKINFO_INVALID_ARGUMENT") return found;
  const tcp: TcpValues = found instanceof Failure ? {} : found;
  const connection = searchSource(source, trackedAt);
  const description = compact<TcpDescription>({
    connectionId: connection?.id,
    connectionRequests: connection?.startedRequests,
    tcpState: tcp.state,
    rttMs: tcp.rttMs,
    minRttMs: tcp.minRttMs,
    dataSegmentsSent: tcp.dataSegmentsSent,
    retransmittedSegments: tcp.retransmittedSegments,
    notSentBytes: tcp.notSentBytes,
    deliveryRateBytesPerSecond: tcp.deliveryRateBytesPerSecond,
    closeReason: connection?.closeReason as CloseReason | undefined,
  });
  return Object.keys(description).length === 0 ? undefined : description;
}
