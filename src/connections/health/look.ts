// One look at many connections: reads TCP_INFO of all in one native call, and compares each with its earlier reading.
import {
  diagnoseTcp,
  Failure,
  type FieldList,
  fieldList,
  readTcpInfoBatch,
  type TcpDiagnosis,
  type TcpInfoFields,
  type TcpInfoRows,
} from "../../core";
import type { ConnectionRecord } from "../connection";
import { CALM, type Health, nextHealth, seenIn } from "./conditions";
import type { HealthDetails } from "./types";

/** What a watcher keeps of a connection. Changed in place, because there may be ten thousand. */
export interface Watched {
  /** The batch that has the latest reading at `index`. The whole of it is decoded only for a diagnosis. */
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

type Reading = Pick<Watched, "rows" | "index" | "atMs" | "pendingBytes">;

/** Later answers of a peer are a reason for a diagnosis, which needs a silence that is longer. */
const ANSWER_MS = 400;

/** What a look reads of every connection. */
const FIELDS = [
  "platform",
  "isMptcp",
  "notSentBytes",
  "timerBackoffs",
  "consecutiveRtos",
  "unackedSegments",
  "sinceLastAckReceivedMs",
  "retransmittedSegments",
  "totalRtos",
] as const;
type Seen = Pick<TcpInfoFields, (typeof FIELDS)[number]>;

let fields: FieldList | undefined;

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
  fields ??= fieldList(FIELDS);
  const atMs = performance.now();
  for (let index = 0; index < connections.length; index++) {
    const connection = connections[index] as ConnectionRecord;
    const seen = rows.getFields(index, fields) as Seen | undefined;
    // TCP_INFO of MPTCP describes only its first path.
    if (seen === undefined || seen.isMptcp) continue;
    const pendingBytes = connection.outerSocket.writableLength;
    let watched = all.get(connection);
    if (watched === undefined) {
      watched = { rows, index, atMs, retransmittedSegments: 0, totalRtos: 0, pendingBytes, health: CALM };
      all.set(connection, watched);
    } else {
      const { health } = watched;
      const details = examine(watched, seen, { rows, index, atMs, pendingBytes }, unsentLimitBytes);
      if (details !== undefined && watched.health !== health) changed(connection, health, watched.health, details);
    }
    watched.rows = rows;
    watched.index = index;
    watched.atMs = atMs;
    watched.retransmittedSegments = seen.retransmittedSegments;
    watched.totalRtos = seen.totalRtos;
    watched.pendingBytes = pendingBytes;
  }
}

/** Sets the new health. Returns `undefined` if nothing can be wrong, or nothing can be told. */
function examine(watched: Watched, seen: Seen, reading: Reading, unsentLimitBytes: number): HealthDetails | undefined {
  const { health } = watched;
  const unsentBytes = reading.pendingBytes + (seen.notSentBytes ?? 0);
  if (health === CALM && unsentBytes <= unsentLimitBytes && isSurelyWell(watched, seen)) return undefined;
  const diagnosis = diagnose(watched, reading);
  if (diagnosis === undefined) return undefined;
  const unsent = unsentBytes > (health.unsent.holds ? unsentLimitBytes / 2 : unsentLimitBytes);
  watched.health = nextHealth(health, { ...seenIn(diagnosis), unsent });
  return { diagnosis, unsentBytes };
}

/**
 * True for most connections of most servers, which saves their diagnoses: nothing waits here, nothing was sent again,
 * and no timer has run out. Then no condition of TCP can be found.
 */
export function isSurelyWell(watched: Watched, seen: Seen): boolean {
  return (
    seen.platform === "linux" &&
    seen.notSentBytes === 0 &&
    seen.timerBackoffs === 0 &&
    seen.consecutiveRtos === 0 &&
    // Small writes may be unanswered for seconds without a timeout.
    (seen.unackedSegments === 0 || (seen.sinceLastAckReceivedMs ?? 0) < ANSWER_MS) &&
    seen.retransmittedSegments === watched.retransmittedSegments &&
    seen.totalRtos === watched.totalRtos
  );
}

/** `undefined` if the two readings can't be compared. The watcher runs in a timer, where an error would be fatal. */
function diagnose(watched: Watched, { rows, index, atMs, pendingBytes }: Reading): TcpDiagnosis | undefined {
  const [before, after] = [watched.rows.get(watched.index), rows.get(index)];
  if (before === undefined || after === undefined) return undefined;
  const options = { intervalMs: atMs - watched.atMs, pendingBytes: Math.min(watched.pendingBytes, pendingBytes) };
  try {
    return diagnoseTcp(before, after, options);
  } catch {
    return undefined;
  }
}
