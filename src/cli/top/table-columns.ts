// The columns of the table, and which of them a terminal has space for.
import type { TcpTimeShares } from "../../core";
import { ABSENT, formatAge, formatBytes, formatCount, formatMs, formatRate, formatRatio } from "../../quantities";
import { widthOf } from "../clean";
import { severityOf } from "../severity";
import { type Order, queueingMs, type TopRow } from "./frame";
import type { Style } from "./paint";

export interface TableColumn {
  readonly title: string;
  readonly width: number;
  /** For rows that need it: up to the first width before other columns get space, up to the second one after. */
  readonly moreWidth?: readonly [number, number];
  readonly isNumber: boolean;
  /** The order that sorts by this column. */
  readonly order?: Order;
  readonly text: (row: TopRow) => string;
  readonly style?: (row: TopRow) => Style | undefined;
  /** Left out for a source that has none of its values. */
  readonly isOfPage?: boolean;
  /** Columns with a lower number come first, if there is not enough space for all. */
  readonly rank: number;
}

/** Short enough for a column. ss(8) has similar ones. */
const SHORT_STATES: Readonly<Record<string, string>> = {
  ESTABLISHED: "ESTAB",
  SYN_SENT: "SYN-S",
  FIN_WAIT_1: "FIN-W1",
  FIN_WAIT_2: "FIN-W2",
  CLOSE_WAIT: "CLOSE-W",
  LAST_ACK: "LAST-A",
};

const SHARES: readonly (readonly [keyof TcpTimeShares, string])[] = [
  ["applicationMs", "app"],
  ["receiverMs", "recv"],
  ["sendBufferMs", "buffer"],
  ["networkMs", "net"],
];

const number = (
  title: string,
  width: number,
  rank: number,
  text: (row: TopRow) => string,
  order?: Order,
): TableColumn => ({ title, width, rank, isNumber: true, text, ...(order && { order }) });

/** In the order of the screen. */
export const TABLE_COLUMNS: readonly TableColumn[] = [
  {
    title: "REMOTE",
    width: 15,
    moreWidth: [21, 47],
    rank: 1,
    isNumber: false,
    order: "remote",
    text: ({ remote }) => remote,
  },
  {
    title: "LOCAL",
    width: 21,
    moreWidth: [21, 47],
    rank: 20,
    isNumber: false,
    text: ({ local }) => local ?? ABSENT,
  },
  { title: "STATE", width: 7, rank: 2, isNumber: false, text: ({ state }) => SHORT_STATES[state] ?? state },
  number("AGE", 9, 8, ageText, "age"),
  { ...number("REQS", 6, 7, ({ requestsServed }) => formatCount(requestsServed)), isOfPage: true },
  number("RTT", 7, 3, ({ rttMs }) => formatMs(rttMs), "rtt"),
  number("MIN", 7, 12, ({ minRttMs }) => formatMs(minRttMs)),
  number("QUEUED", 7, 13, (row) => formatMs(queueingMs(row)), "queueing"),
  number("CWND", 6, 6, ({ sndCwndBytes }) => formatBytes(sndCwndBytes), "cwnd"),
  number("RATE", 8, 5, (row) => formatRate(row.deliveryRateBytesPerSecond), "rate"),
  number("SENT", 8, 14, ({ sentBytesPerSecond }) => formatRate(sentBytesPerSecond), "traffic"),
  number("RECEIVED", 8, 15, ({ receivedBytesPerSecond }) => formatRate(receivedBytesPerSecond)),
  number("UNACKED", 7, 16, ({ unackedBytes }) => formatBytes(unackedBytes)),
  number("UNSENT", 6, 10, ({ notSentBytes }) => formatBytes(notSentBytes), "unsent"),
  number("UNREAD", 6, 11, ({ unreadBytes }) => formatBytes(unreadBytes), "unread"),
  {
    ...number("RETR", 8, 4, retransmissionText, "retransmitted"),
    style: (row) => (row.newlyRetransmittedSegments ? "yellow" : undefined),
  },
  { title: "LIMIT", width: 10, rank: 9, isNumber: false, text: limitText },
  {
    title: "VERDICT",
    width: 19,
    rank: 4,
    isNumber: false,
    text: ({ verdict }) => verdict ?? ABSENT,
    style: ({ verdict }) => severityOf(verdict),
  },
  {
    title: "PATH",
    width: 14,
    moreWidth: [14, 60],
    rank: 7,
    isNumber: false,
    isOfPage: true,
    text: ({ path }) => path ?? ABSENT,
  },
  { title: "CAUSE", width: 22, rank: 17, isNumber: false, text: ({ cause }) => cause ?? ABSENT },
];

/** A column with the width that it gets. */
export interface PlacedColumn {
  readonly column: TableColumn;
  readonly width: number;
}

/** The columns that fit, in the order of the screen, with a space between two. */
export function placeColumns(columns: number, rows: readonly TopRow[], isPage: boolean): PlacedColumn[] {
  let left = columns + 1;
  const widths = new Map<TableColumn, number>();
  const candidates = TABLE_COLUMNS.filter(({ isOfPage }) => isPage || isOfPage !== true);
  for (const column of candidates.toSorted((one, other) => one.rank - other.rank)) {
    const width = Math.max(column.width, Math.min(neededWidth(column, rows), column.moreWidth?.[0] ?? 0));
    // At least one column, whatever the terminal.
    if (width >= left && widths.size > 0) break;
    widths.set(column, Math.min(width, columns));
    left -= width + 1;
  }
  return candidates.flatMap((column) => {
    const width = widths.get(column);
    if (width === undefined) return [];
    const wanted = Math.min(neededWidth(column, rows), column.moreWidth?.[1] ?? 0) - width;
    const more = Math.max(0, Math.min(left, wanted));
    left -= more;
    return { column, width: width + more };
  });
}

function neededWidth({ text, moreWidth }: TableColumn, rows: readonly TopRow[]): number {
  return moreWidth === undefined ? 0 : Math.max(0, ...rows.map((row) => widthOf(text(row))));
}

export function ageText({ ageMs, isAgeAtLeast }: TopRow): string {
  // Without the spaces of "4 m 12 s", because ">" needs a place.
  return ageMs === undefined ? ABSENT : `${isAgeAtLeast ? ">" : ""}${formatAge(ageMs).replaceAll(" ", "")}`;
}

/** So far, and since the look before: "12+3". */
function retransmissionText({ retransmittedSegments, newlyRetransmittedSegments }: TopRow): string {
  const more = newlyRetransmittedSegments ? `+${formatCount(newlyRetransmittedSegments).replaceAll(" ", "")}` : "";
  return `${formatCount(retransmittedSegments).replaceAll(" ", "")}${more}`;
}

/** The largest part of the time: "net 80 %". */
export function limitText({ shares, verdict }: TopRow): string {
  if (shares === undefined || verdict === "idle") return ABSENT;
  const total = SHARES.reduce((sum, [name]) => sum + shares[name], 0);
  const [name, word] = SHARES.reduce((one, other) => (shares[other[0]] > shares[one[0]] ? other : one));
  return total > 0 ? `${word} ${formatRatio(shares[name] / total)}` : ABSENT;
}
