// One connection as a row of the table, with its verdict. Only the rows that are shown are made.
import { Failure, loadDiagnosis, type TcpDiagnosis, type TcpInfo, tryGetQueuedBytes } from "../core";
import type { ConnectionRecord } from "../connections/connection";
import type { PagePeer, PageRow } from "./protocol";
import type { SeenConnection } from "./seen-connection";
import { addressText, pathOf } from "./texts";

/** Shows the address of a client. */
export type RemoteText = typeof addressText;

export interface Judgement {
  readonly tcpInfo: TcpInfo | undefined;
  readonly diagnosis: TcpDiagnosis | undefined;
}

/** Decodes the two latest readings, and compares them. */
export function judge({ before, now, intervalMs }: SeenConnection): Judgement {
  const tcpInfo = now?.rows.get(now.index);
  const earlier = before?.rows.get(before.index);
  if (!now || !before || !tcpInfo || !earlier) return { tcpInfo, diagnosis: undefined };
  const pendingBytes = Math.min(before.pendingBytes, now.pendingBytes);
  const part = loadDiagnosis();
  const diagnosis = part instanceof Failure ? part : part.diagnose(earlier, tcpInfo, { intervalMs, pendingBytes });
  return { tcpInfo, diagnosis: diagnosis instanceof Failure ? undefined : diagnosis };
}

/** `undefined` for a connection that has closed since the look. */
export function rowOf(seen: SeenConnection, remoteText: RemoteText): PageRow | undefined {
  const { connection } = seen;
  const { state, requests, local } = connection;
  if (state === "closed") return undefined;
  const { diagnosis } = judge(seen);
  return {
    id: connection.id,
    remote: remoteOf(connection, remoteText),
    local: addressText(local),
    protocol: connection.protocol ?? null,
    state,
    ageMs: Math.round(connection.durationMs),
    requestsServed: requests.served,
    requestsInFlight: requests.inFlight,
    path: currentPath(connection),
    rttMs: known(seen.rttMs),
    minRttMs: known(seen.minRttMs),
    sndCwndBytes: known(seen.sndCwndBytes),
    deliveryRateBytesPerSecond: known(seen.deliveryRateBytesPerSecond),
    sentBytesPerSecond: known(Math.round(seen.sentBytesPerSecond)),
    receivedBytesPerSecond: known(Math.round(seen.receivedBytesPerSecond)),
    unackedBytes: known(seen.unackedBytes),
    notSentBytes: known(seen.notSentBytes),
    unreadBytes: unreadBytes(seen),
    retransmittedSegments: known(seen.retransmittedSegments),
    newlyRetransmittedSegments: known(seen.newlyRetransmittedSegments),
    shares: diagnosis?.shares ?? null,
    verdict: diagnosis?.verdict ?? "unknown",
    cause: diagnosis?.cause ?? null,
    sentence: diagnosis?.sentence ?? whyNoVerdict(seen),
    peer: peerOf(seen),
  };
}

/** "unix" for the client of a Unix socket, which has no address. */
export function remoteOf(
  { remote, local }: Pick<ConnectionRecord, "remote" | "local">,
  text: RemoteText,
): string | null {
  return remote === undefined && local?.family === "unix" ? "unix" : text(remote);
}

export function known(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}

function whyNoVerdict({ now, before, isRead }: SeenConnection): string {
  if (now === undefined) return "The connection does not run over TCP, so there is nothing to judge.";
  if (!isRead) return "TCP_INFO of the connection can't be read.";
  return before === undefined ? "A verdict needs two readings." : "The two readings can't be compared.";
}

/** The path of a request in flight. Streams of HTTP/2 do not have their path. */
function currentPath({ answering }: ConnectionRecord): string | null {
  for (const request of answering) {
    const path = requestPath(request);
    if (path !== null) return path;
  }
  return null;
}

/** Express and its like shorten `url` while they answer. */
export function requestPath(request: object): string | null {
  try {
    const { originalUrl, url } = request as { originalUrl?: unknown; url?: unknown };
    return pathOf(originalUrl) ?? pathOf(url);
  } catch {
    return null; // A getter of the application threw.
  }
}

function unreadBytes({ isRead, connection }: SeenConnection): number | null {
  if (!isRead) return null;
  try {
    return known(tryGetQueuedBytes(connection.socket)?.unreadBytes);
  } catch {
    return null; // This runs in a timer, where an error would be fatal.
  }
}

function peerOf(seen: SeenConnection): PagePeer | null {
  return (seen.peer ??= readPeer(seen.connection));
}

function readPeer(connection: ConnectionRecord): PagePeer | null {
  if (connection.local?.family !== "unix") return null;
  try {
    const { uid, pid } = connection.getPeerCredentials();
    return { uid, pid: known(pid) };
  } catch {
    return null; // The socket has closed since the look.
  }
}
