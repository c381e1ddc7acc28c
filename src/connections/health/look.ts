// One look at many connections: reads TCP_INFO of all in one native call, and compares each with its earlier reading.
import { diagnoseTcp, Failure, readTcpInfoBatch, type TcpDiagnosis, type TcpInfo, type TcpInfoRows } from "../../core";
import type { ConnectionRecord } from "../connection";
import { CALM, type Health, nextHealth, seenIn } from "./conditions";
import type { HealthDetails } from "./types";

/** What a watcher keeps of a connection. */
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

/** Called when the health of a connection has changed. */
type Changed = (connection: ConnectionRecord, from: Health, to: Health, details: HealthDetails) => void;

/**
 * Puts the new reading of each connection into `watched`. A connection that can't be read keeps its earlier reading,
 * and its health.
 */
export function lookAt(
  connections: readonly ConnectionRecord[],
  watched: Map<ConnectionRecord, Watched>,
  unsentLimitBytes: number,
  changed: Changed,
): void {
  const rows = readTcpInfoBatch(connections.map(({ socket }) => socket));
  if (rows instanceof Failure) return;
  const atMs = performance.now();
  for (const [index, connection] of connections.entries()) {
    const info = rows.get(index);
    if (info === undefined || isMptcp(info)) continue;
    const totalRtos = info.platform === "linux" ? info.totalRtos : undefined;
    const pendingBytes = connection.outerSocket.writableLength;
    const latest = { rows, index, atMs, retransmittedSegments: info.retransmittedSegments, totalRtos, pendingBytes };
    const before = watched.get(connection);
    if (before === undefined) {
      watched.set(connection, { ...latest, health: CALM });
      continue;
    }
    const unsentBytes = pendingBytes + notSentBytes(info);
    if (before.health !== CALM || unsentBytes > unsentLimitBytes || mayBeUnwell(before, info)) {
      const { health } = before;
      const limitBytes = health.unsent.holds ? unsentLimitBytes / 2 : unsentLimitBytes;
      const diagnosis = diagnose(before, info, atMs, pendingBytes);
      if (diagnosis !== undefined) {
        before.health = nextHealth(health, { ...seenIn(diagnosis), unsent: unsentBytes > limitBytes });
        if (before.health !== health) changed(connection, health, before.health, { diagnosis, unsentBytes });
      }
    }
    Object.assign(before, latest);
  }
}

/** TCP_INFO of MPTCP describes only its first path. */
function isMptcp(info: TcpInfo): boolean {
  return info.platform === "linux" && info.isMptcp === true;
}

function notSentBytes(info: TcpInfo): number {
  return info.platform === "linux" ? (info.notSentBytes ?? 0) : 0;
}

/**
 * False for most connections of most servers, which saves their diagnoses: nothing waits here, nothing was sent again,
 * and no timer has run out. Then no condition of TCP can be found.
 */
function mayBeUnwell(before: Watched, info: TcpInfo): boolean {
  if (info.platform !== "linux") return true;
  const { notSentBytes: waiting = 0, timerBackoffs = 0, consecutiveRtos = 0 } = info;
  if (waiting > 0 || timerBackoffs > 0 || consecutiveRtos > 0) return true;
  return info.retransmittedSegments !== before.retransmittedSegments || info.totalRtos !== before.totalRtos;
}

/** `undefined` if the two readings can't be compared. The watcher runs in a timer, where an error would be fatal. */
function diagnose(before: Watched, info: TcpInfo, atMs: number, pendingBytes: number): TcpDiagnosis | undefined {
  const earlier = before.rows.get(before.index);
  if (earlier === undefined) return undefined;
  try {
    return diagnoseTcp(earlier, info, {
      intervalMs: atMs - before.atMs,
      pendingBytes: Math.min(before.pendingBytes, pendingBytes),
    });
  } catch {
    return undefined;
  }
}
