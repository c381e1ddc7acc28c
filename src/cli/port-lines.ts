// The sockets of one port as text.
import type { TcpSocketRow } from "../core";
import { formatBytes, formatCount, formatMs, formatRate } from "../quantities";
import type { Io } from "./command";
import { formatEndpoint } from "./endpoint";
import { listenerLines } from "./listener-lines";
import type { Sockets } from "./sockets";
import { type Column, tableLines } from "./table";

const COLUMNS: readonly Column[] = [
  { title: "STATE" },
  { title: "REMOTE" },
  { title: "RTT", isNumber: true },
  { title: "RATE", isNumber: true },
  { title: "RETRANS", isNumber: true },
  { title: "UNACKED", isNumber: true },
  { title: "UNREAD", isNumber: true },
];

/** Thousands of sockets may be in TIME_WAIT, and have no numbers. They are counted. */
export function portLines(listening: Sockets, connections: readonly TcpSocketRow[], io: Io): string[] {
  const shown = connections.filter(({ state }) => state !== "TIME_WAIT");
  const count = `${shown.length} ${shown.length === 1 ? "connection" : "connections"}`;
  return [
    ...(listening.rows.length > 0 ? [...listenerLines(listening, io), ""] : []),
    ...(shown.length > 0 ? [...tableLines(COLUMNS, shown.map(cellsOf)), ""] : []),
    `${count}, and ${connections.length - shown.length} in TIME_WAIT`,
  ];
}

function cellsOf({ state, remote, tcpInfo, unacknowledgedBytes, unreadBytes }: TcpSocketRow): string[] {
  const rate = tcpInfo?.platform === "linux" ? tcpInfo.deliveryRateBytesPerSecond : undefined;
  return [
    state ?? "?",
    formatEndpoint(remote),
    formatMs(tcpInfo?.rttMs),
    formatRate(rate),
    formatCount(tcpInfo?.retransmittedSegments),
    formatBytes(unacknowledgedBytes),
    formatBytes(unreadBytes),
  ];
}
