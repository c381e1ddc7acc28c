// The columns of both tables: their headings, and the text of their cells.
import { formatAge, formatBytes, formatCount, formatMs, formatRate } from "../../quantities";
import type { ClosedRow, OrderKey, PageRow } from "../protocol";
import { element, setAttribute, setClass, setText, textNode } from "./dom";
import { largestShare, ratiosOf, SharesBar } from "./shares";
import { inBrackets, verdictClass, words } from "./verdict";

/** Fills a cell with the values of a row. */
export type Fill<Row> = (row: Row) => void;

export interface Column<Row> {
  /** The class of its cells, which has their width. */
  readonly name: string;
  readonly title: string;
  /** What the values are. */
  readonly hint: string;
  readonly order?: OrderKey;
  readonly isNumber?: boolean;
  /** Prepares an empty cell. */
  readonly cell: (cell: HTMLTableCellElement) => Fill<Row>;
}

function text<Row>(textOf: (row: Row) => string): Column<Row>["cell"] {
  return (cell) => {
    const node = textNode();
    cell.append(node);
    return (row) => setText(node, textOf(row));
  };
}

/** Zeros are pale, so the other numbers stand out. */
function numeric<Row>(textOf: (row: Row) => string): Column<Row>["cell"] {
  return (cell) => {
    const fill = text(textOf)(cell);
    return (row) => {
      fill(row);
      cell.classList.toggle("zero", /^(0|-)( |$)/.test(textOf(row)));
    };
  };
}

/** A text that may be longer than its cell: the whole text is in the tooltip. */
function longText<Row>(textOf: (row: Row) => string): Column<Row>["cell"] {
  return (cell) => {
    const fill = text(textOf)(cell);
    return (row) => {
      fill(row);
      setAttribute(cell, "title", textOf(row));
    };
  };
}

export function remoteText({ remote }: { readonly remote: string | null }): string {
  return remote ?? "unknown";
}

function remoteCell(cell: HTMLTableCellElement): Fill<PageRow> {
  const node = textNode();
  const button = element("button", "", node);
  button.type = "button";
  button.tabIndex = -1;
  button.setAttribute("aria-controls", "detail");
  cell.append(button);
  return (row) => {
    setText(node, row.peer === null ? remoteText(row) : `uid ${row.peer.uid ?? "?"}, pid ${row.peer.pid ?? "?"}`);
    setAttribute(button, "title", `Connection ${row.id}, ${remoteText(row)} to ${row.local ?? "unknown"}`);
  };
}

function verdictCell(cell: HTMLTableCellElement): Fill<PageRow> {
  const verdict = textNode();
  const cause = textNode();
  const word = element("span", "verdict", verdict);
  cell.append(word, " ", element("span", "muted", cause));
  return (row) => {
    setClass(word, verdictClass(row.verdict));
    setText(verdict, words(row.verdict));
    setText(cause, inBrackets(row.cause));
    setAttribute(cell, "title", row.sentence);
  };
}

function sharesCell(cell: HTMLTableCellElement): Fill<PageRow> {
  const bar = new SharesBar("bar");
  const node = textNode();
  cell.append(bar.element, node);
  return (row) => {
    const ratios = ratiosOf(row.shares);
    bar.draw(ratios);
    setText(node, largestShare(ratios));
  };
}

function retransmittedCell(cell: HTMLTableCellElement): Fill<PageRow> {
  const all = textNode();
  const now = textNode();
  cell.append(all, element("span", "more", now));
  return (row) => {
    setText(all, formatCount(row.retransmittedSegments));
    setText(now, row.newlyRetransmittedSegments ? `+${formatCount(row.newlyRetransmittedSegments)}` : "");
  };
}

function number(
  name: string,
  title: string,
  hint: string,
  order: OrderKey | undefined,
  textOf: (row: PageRow) => string,
): Column<PageRow> {
  return { name, title, hint, isNumber: true, cell: numeric(textOf), ...(order && { order }) };
}

/** The cell of the column "remote" is the heading of its row. */
export const COLUMNS: readonly Column<PageRow>[] = [
  { name: "remote", title: "Remote", hint: "The address of the client", cell: remoteCell },
  {
    name: "verdict",
    title: "Verdict",
    hint: "What limits the connection. Sorted by trouble: what most likely needs a look comes first",
    order: "trouble",
    cell: verdictCell,
  },
  { name: "shares", title: "Limited by", hint: "Where the time of the interval went", cell: sharesCell },
  { name: "state", title: "State", hint: "What the connection is doing", cell: text((row) => row.state) },
  number("age", "Age", "Time since it was accepted", "ageMs", (row) => formatAge(row.ageMs)),
  { name: "protocol", title: "Protocol", hint: "The ALPN name", cell: text((row) => row.protocol ?? "-") },
  number("served", "Served", "Requests answered", "requestsServed", (row) => formatCount(row.requestsServed)),
  number("flight", "Now", "Requests being answered", "requestsInFlight", (row) => formatCount(row.requestsInFlight)),
  {
    name: "path",
    title: "Path",
    hint: "Of a request that is being answered, without its query",
    cell: longText((row) => row.path ?? ""),
  },
  number("rtt", "RTT", "Smoothed round-trip time", "rttMs", (row) => formatMs(row.rttMs)),
  number("min", "Min RTT", "Lowest recent round-trip time", "minRttMs", (row) => formatMs(row.minRttMs)),
  {
    name: "retrans",
    title: "Sent again",
    hint: "Retransmitted segments so far, and those of the last interval",
    order: "retransmittedSegments",
    isNumber: true,
    cell: retransmittedCell,
  },
  number("sent", "Sending", "Payload sent per second", "sentBytesPerSecond", (row) =>
    formatRate(row.sentBytesPerSecond),
  ),
  number("received", "Receiving", "Payload received per second", "receivedBytesPerSecond", (row) =>
    formatRate(row.receivedBytesPerSecond),
  ),
  number("unacked", "Unacked", "Bytes sent and not yet acknowledged", "unackedBytes", (row) =>
    formatBytes(row.unackedBytes),
  ),
  number("unsent", "Unsent", "Bytes written and not yet sent, in the kernel and in Node", "notSentBytes", (row) =>
    formatBytes(row.notSentBytes),
  ),
  number("cwnd", "Cwnd", "Congestion window", "sndCwndBytes", (row) => formatBytes(row.sndCwndBytes)),
  number("delivery", "Delivery", "The kernel's most recent delivery rate", "deliveryRateBytesPerSecond", (row) =>
    formatRate(row.deliveryRateBytesPerSecond),
  ),
  number("unread", "Unread", "Bytes that arrived and that the process has not read", undefined, (row) =>
    formatBytes(row.unreadBytes),
  ),
  number("id", "Id", "Counts connections from 1", "id", (row) => String(row.id)),
];

/** The local time of day. */
export function timeOfDay(iso: string): string {
  return new Date(iso).toLocaleTimeString(undefined, { hour12: false });
}

export const CLOSED_COLUMNS: readonly Column<ClosedRow>[] = [
  {
    name: "when",
    title: "Closed at",
    hint: "The time of day here",
    cell: text((row) => timeOfDay(row.closedAt)),
  },
  { name: "remote", title: "Remote", hint: "The address of the client", cell: longText(remoteText) },
  { name: "reason", title: "Reason", hint: "Who ended it, and why", cell: text((row) => words(row.closeReason)) },
  {
    name: "outcome",
    title: "True end",
    hint: "What the kernel reported after the close. Only with the tracker's option afterClose",
    cell: text((row) => (row.outcome === null ? "-" : words(row.outcome))),
  },
  {
    name: "error",
    title: "Error",
    hint: "The code of the error that ended it",
    cell: longText((row) => row.closeError ?? ""),
  },
  { name: "protocol", title: "Protocol", hint: "The ALPN name", cell: text((row) => row.protocol ?? "-") },
  {
    name: "age",
    title: "Lived",
    hint: "From accept to close",
    isNumber: true,
    cell: numeric((row) => formatMs(row.durationMs)),
  },
  {
    name: "served",
    title: "Served",
    hint: "Requests answered",
    isNumber: true,
    cell: numeric((row) => formatCount(row.requestsServed)),
  },
  { name: "rtt", title: "RTT", hint: "At the close", isNumber: true, cell: numeric((row) => formatMs(row.rttMs)) },
  {
    name: "sent",
    title: "Sent",
    hint: "Payload, retransmissions included",
    isNumber: true,
    cell: numeric((row) => formatBytes(row.bytesSent)),
  },
  {
    name: "received",
    title: "Received",
    hint: "Payload",
    isNumber: true,
    cell: numeric((row) => formatBytes(row.bytesReceived)),
  },
  {
    name: "retrans",
    title: "Sent again",
    hint: "Retransmitted segments",
    isNumber: true,
    cell: numeric((row) => formatCount(row.retransmittedSegments)),
  },
  {
    name: "unsent",
    title: "Unsent",
    hint: "Bytes that were not sent when it was closed",
    isNumber: true,
    cell: numeric((row) => formatBytes(row.notSentBytes)),
  },
  {
    name: "id",
    title: "Id",
    hint: "Counts connections from 1",
    isNumber: true,
    cell: numeric((row) => String(row.id)),
  },
];
