// The table of listening sockets, for `sockinfo listeners` and `sockinfo show :port`.
import type { TcpSocketRow } from "../core";
import { formatCount, formatRatio } from "../quantities";
import type { Io } from "./command";
import { formatEndpoint } from "./endpoint";
import { fullRatio } from "./json";
import { formatOwners } from "./owners";
import type { Sockets } from "./sockets";
import { type Column, tableLines } from "./table";

const COLUMNS: readonly Column[] = [
  { title: "LOCAL" },
  { title: "QUEUE", isNumber: true },
  { title: "LIMIT", isNumber: true },
  { title: "FILL", isNumber: true },
  { title: "DROPPED", isNumber: true },
  { title: "OWNER" },
];

/** A table. Full queues are red. */
export function listenerLines({ rows, ownersOf }: Sockets, io: Io): string[] {
  const cells = rows.map((row) => [
    formatEndpoint(row.local),
    formatCount(row.acceptQueueLength),
    formatCount(row.acceptQueueLimit),
    formatRatio(fullRatio(row)),
    formatCount(row.droppedSyns),
    formatOwners(ownersOf(row), row.uid),
  ]);
  const [titles = "", ...lines] = tableLines(COLUMNS, cells);
  return [titles, ...lines.map((line, index) => (isFull(rows[index]) ? io.paint("red", line) : line))];
}

function isFull(row: TcpSocketRow | undefined): boolean {
  return row !== undefined && fullRatio(row) >= 1;
}
