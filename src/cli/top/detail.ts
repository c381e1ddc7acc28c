// Everything about the selected connection, in words.
import { formatBytes, formatCount, formatMs, formatRate, formatRatio } from "../../quantities";
import { queueingMs, type TopRow } from "./frame";
import { ageText } from "./table-columns";
import { type Charset, wrap } from "./text";

/** At most `height` lines. */
export function detailLines(row: TopRow | undefined, columns: number, height: number, charset: Charset): string[] {
  if (row === undefined) return [];
  const paragraphs = [who(row), row.sentence, limits(row), numbers(row)];
  const lines = paragraphs.flatMap((text) => (text === undefined ? [] : wrap(text, columns, charset)));
  return lines.slice(0, height);
}

function who(row: TopRow): string {
  return listOf([
    row.local === undefined ? row.remote : `${row.local} to ${row.remote}`,
    row.state,
    row.protocol,
    `age ${ageText(row)}`,
    row.uid === undefined ? undefined : `uid ${row.uid}`,
    row.pid === undefined ? undefined : `pid ${row.pid}`,
    row.requestsServed === undefined ? undefined : `${formatCount(row.requestsServed)} requests`,
    row.requestsInFlight ? `${formatCount(row.requestsInFlight)} in flight` : undefined,
    row.path,
  ]);
}

function numbers(row: TopRow): string {
  return listOf([
    `RTT ${formatMs(row.rttMs)}`,
    `min ${formatMs(row.minRttMs)}`,
    `queued ${formatMs(queueingMs(row))}`,
    `cwnd ${formatBytes(row.sndCwndBytes)}`,
    `delivery ${formatRate(row.deliveryRateBytesPerSecond)}`,
    `sent ${formatRate(row.sentBytesPerSecond)}`,
    `received ${formatRate(row.receivedBytesPerSecond)}`,
    `unacked ${formatBytes(row.unackedBytes)}`,
    `unsent ${formatBytes(row.notSentBytes)}`,
    `unread ${formatBytes(row.unreadBytes)}`,
    `retransmitted ${formatCount(row.retransmittedSegments)}, now ${formatCount(row.newlyRetransmittedSegments)}`,
  ]);
}

function limits({ shares, verdict, cause }: TopRow): string | undefined {
  if (verdict === undefined) return undefined;
  const reason = cause === undefined ? verdict : `${verdict} (${cause})`;
  if (shares === undefined) return reason;
  const { applicationMs, receiverMs, sendBufferMs, networkMs } = shares;
  const total = applicationMs + receiverMs + sendBufferMs + networkMs;
  if (total <= 0) return reason;
  const parts = [
    `application ${formatRatio(applicationMs / total)}`,
    `receiver ${formatRatio(receiverMs / total)}`,
    `send buffer ${formatRatio(sendBufferMs / total)}`,
    `network ${formatRatio(networkMs / total)}`,
  ];
  return `${reason}; limited by ${listOf(parts)}`;
}

function listOf(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(", ");
}
