// The lines above the table: totals, each with a graph of the latest looks.
import { ABSENT, formatCount, formatMs, formatRate, formatRatio } from "../../quantities";
import { widthOf } from "../clean";
import type { AcceptQueue, TopTotals } from "./frame";
import type { History, HistoryValue } from "./history";
import { paint, type Style, type Styles } from "./paint";
import { sparkline } from "./sparkline";
import { type Charset, cutTo, fit } from "./text";

/** Enough for the longest total, and a graph. */
const CELL_WIDTH = 40;
const SMALLEST_GRAPH = 4;

/** From this fill on, the accept queue needs attention. */
const FULL = 0.8;

interface Total {
  readonly text: (totals: TopTotals) => string;
  readonly graph: HistoryValue;
  readonly style?: (totals: TopTotals) => Style | undefined;
}

const TOTALS: readonly Total[] = [
  { text: connectionsText, graph: ({ connections }) => connections },
  { text: (totals) => `sent ${formatRate(totals.sentBytesPerSecond)}`, graph: (totals) => totals.sentBytesPerSecond },
  {
    text: (totals) => `received ${formatRate(totals.receivedBytesPerSecond)}`,
    graph: (totals) => totals.receivedBytesPerSecond,
  },
  { text: rttText, graph: ({ rttMs }) => rttMs?.p90 },
  {
    text: (totals) => `retransmitted ${formatRatio(totals.retransmissionRatio)}`,
    graph: (totals) => totals.retransmissionRatio,
    style: ({ retransmissionRatio = 0 }) => (retransmissionRatio >= 0.01 ? "yellow" : undefined),
  },
  {
    text: acceptQueueText,
    graph: ({ acceptQueue }) => acceptQueue?.length,
    style: ({ acceptQueue }) => (acceptQueue ? styleOfQueue(acceptQueue) : undefined),
  },
];

const REQUESTS: Total = {
  text: ({ requestsInFlight }) => `requests in flight ${formatCount(requestsInFlight)}`,
  graph: ({ requestsInFlight }) => requestsInFlight,
};

export function totalLines(
  totals: TopTotals,
  history: History,
  columns: number,
  charset: Charset,
  styles: Styles,
): string[] {
  const shown = totals.requestsInFlight === undefined ? TOTALS : [...TOTALS, REQUESTS];
  const most = Math.max(1, Math.floor(columns / CELL_WIDTH));
  const perLine = Math.ceil(shown.length / Math.ceil(shown.length / most));
  const width = Math.floor(columns / perLine);
  const lines: string[] = [];
  for (let index = 0; index < shown.length; index += perLine) {
    const cells = shown.slice(index, index + perLine);
    lines.push(cells.map((total) => cellText(total, totals, history, width, charset, styles)).join(""));
  }
  return lines;
}

/** `width` columns, the last of them empty. */
function cellText(
  { text, graph, style }: Total,
  totals: TopTotals,
  history: History,
  width: number,
  charset: Charset,
  styles: Styles,
): string {
  const words = cutTo(text(totals), width - 1, charset);
  const left = width - widthOf(words) - 3;
  const painted = paint(words, style?.(totals), styles);
  if (left < SMALLEST_GRAPH) return painted + " ".repeat(Math.max(0, width - widthOf(words)));
  return `${painted}  ${fit(sparkline(history.values(graph), left, charset.isUtf8), left, charset)} `;
}

/** Numbers of sockets by state, the most frequent first. */
export function statesText({ states }: TopTotals): string {
  const pairs = Object.entries(states).toSorted(([, one], [, other]) => other - one);
  return pairs.map(([state, count]) => `${state} ${formatCount(count)}`).join(", ");
}

function connectionsText({ connections, opened, closed }: TopTotals): string {
  const changes = opened === undefined ? "" : ` +${formatCount(opened)} -${formatCount(closed)}`;
  return `connections ${formatCount(connections)}${changes}`;
}

function rttText({ rttMs }: TopTotals): string {
  return rttMs === undefined ? `RTT ${ABSENT}` : `RTT p50 ${formatMs(rttMs.p50)} p90 ${formatMs(rttMs.p90)}`;
}

function acceptQueueText({ acceptQueue }: TopTotals): string {
  if (acceptQueue === undefined) return `accept queue ${ABSENT}`;
  const { length, limit, droppedSyns, newlyDroppedSyns } = acceptQueue;
  const more = newlyDroppedSyns ? ` +${formatCount(newlyDroppedSyns)}` : "";
  return `accept queue ${formatCount(length)}/${formatCount(limit)} dropped ${formatCount(droppedSyns)}${more}`;
}

function styleOfQueue({ length, limit, newlyDroppedSyns }: AcceptQueue): Style | undefined {
  if (newlyDroppedSyns) return "red";
  return limit > 0 && length / limit >= FULL ? "yellow" : undefined;
}
