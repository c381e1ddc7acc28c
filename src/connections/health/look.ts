// One look at many connections: reads TCP_INFO of all in one native call, and compares each with its earlier reading.
import { diagnoseTcp, Failure, readTcpInfoBatch, type TcpDiagnosis, type TcpInfo, type TcpInfoRows } from "../../core";
import type { ConnectionRecord } from "../connection";
import { CALM, type Health, nextHealth, seenIn } from "./conditions";
import type { HealthDetails } from "./types";

/** What a watcher keeps of a connection. Changed in place, because there may be ten thousand. */
export interface Watched {
  /** The batch that has the latest reading at `index`. It is decoded again only for a diagnosis. */
  rows: TcpInfoRows;
  index: number;
  atMs: number;
  /** These two of the latest reading are enough to see whether there were losses since. */
  retransmittedSegments: number | undefined;
  totalRtos: number | undefined;
  /** `writableLength` at the latest reading. */
  pendingBytes: number;
  health: Health;
}

/** Later answers of a peer are a reason for a diagnosis, which needs a silence that is longer. */
const ANSWER_MS = 400;

/** Called when the health of a connection has changed. */
type Changed = (connection: ConnectionRecord, from: Health, to: Health, details: HealthDetails) => void;

/**
 * Puts the new reading of each connection into `all`. A connection that can't be read keeps its earlier reading, and
 * its health.
 */
export function lookAt(
  connections: readonly ConnectionRecord[],
  all: Map<ConnectionRecord, Watched>,
  unsentLimitBytes: number,
  changed: Changed,
): void {
  const rows = readTcpInfoBatch(connections.map(({ socket }) => socket));
  if (rows instanceof Failure) return;
  const atMs = performance.now();
  for (let index = 0; index < connections.length; index++) {
    const connection = connections[index] as ConnectionRecord;
    const info = rows.get(index);
    if (info === undefined || isMptcp(info)) continue;
    const pendingBytes = connection.outerSocket.writableLength;
    let watched = all.get(connection);
    if (watched === undefined) {
      watched = { rows, index, atMs, retransmittedSegments: 0, totalRtos: 0, pendingBytes, health: CALM };
      all.set(connection, watched);
    } else {
      const { health } = watched;
      const details = examine(watched, info, atMs, pendingBytes, unsentLimitBytes);
      if (details !== undefined && watched.health !== health) changed(connection, health, watched.health, details);
    }
    watched.rows = rows;
    watched.index = index;
    watched.atMs = atMs;
    watched.retransmittedSegments = info.retransmittedSegments;
    watched.totalRtos = totalRtos(info);
    watched.pendingBytes = pendingBytes;
  }
}

/** Sets the new health. Returns `undefined` if nothing can be wrong, or nothing can be told. */
function examine(
  watched: Watched,
  info: TcpInfo,
  atMs: number,
  pendingBytes: number,
  unsentLimitBytes: number,
): HealthDetails | undefined {
  const { health } = watched;
  const unsentBytes = pendingBytes + notSentBytes(info);
  if (health === CALM && unsentBytes <= unsentLimitBytes && isSurelyWell(watched, info)) return undefined;
  const diagnosis = diagnose(watched, info, atMs, pendingBytes);
  if (diagnosis === undefined) return undefined;
  const unsent = unsentBytes > (health.unsent.holds ? unsentLimitBytes / 2 : unsentLimitBytes);
  watched.health = nextHealth(health, { ...seenIn(diagnosis), unsent });
  return { diagnosis, unsentBytes };
}

/**
 * True for most connections of most servers, which saves their diagnoses: nothing waits here, nothing was sent again,
 * and no timer has run out. Then no condition of TCP can be found.
 */
export function isSurelyWell(watched: Watched, info: TcpInfo): boolean {
  return (
    info.platform === "linux" &&
    info.notSentBytes === 0 &&
    info.timerBackoffs === 0 &&
    info.consecutiveRtos === 0 &&
    // Small writes may be unanswered for seconds without a timeout.
    (info.unackedSegments === 0 || (info.sinceLastAckReceivedMs ?? 0) < ANSWER_MS) &&
    info.retransmittedSegments === watched.retransmittedSegments &&
    info.totalRtos === watched.totalRtos
  );
}

/** `undefined` if the two readings can't be compared. The watcher runs in a timer, where an error would be fatal. */
function diagnose(watched: Watched, info: TcpInfo, atMs: number, pendingBytes: number): TcpDiagnosis | undefined {
  const before = watched.rows.get(watched.index);
  if (before === undefined) return undefined;
  const options = { intervalMs: atMs - watched.atMs, pendingBytes: Math.min(watched.pendingBytes, pendingBytes) };
  try {
    return diagnoseTcp(before, info, options);
  } catch {
    return undefined;
  }
}

/** TCP_INFO of MPTCP describes only its first path. */
function isMptcp(info: TcpInfo): boolean {
  return info.platform === "linux" && info.isMptcp === true;
}

function notSentBytes(info: TcpInfo): number {
  return info.platform === "linux" ? (info.notSentBytes ?? 0) : 0;
}

function totalRtos(info: TcpInfo): number | undefined {
  return info.platform === "linux" ? info.totalRtos : undefined;
}
