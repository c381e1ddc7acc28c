// Counts the connections of a tracker that open and close, and keeps small summaries of those that closed last.
import type { CloseReason, Connection, ConnectionOutcome, ConnectionTracker } from "../connections";
import type { ConnectionRecord } from "../connections/connection";
import type { Failure } from "../core";
import { type ClosedRow, MOST_CLOSED } from "./protocol";
import { known, remoteOf, type RemoteText } from "./row";

export class ClosedConnections {
  readonly #tracker: ConnectionTracker<unknown>;
  readonly #remoteText: RemoteText;
  /** The oldest first. */
  readonly #rows: { readonly number: number; readonly row: ClosedRow }[] = [];
  readonly #follower: Parameters<ConnectionTracker<unknown>["unfollow"]>[0];
  /** The number of the newest row. */
  newest = 0;
  opened = 0;
  closed = 0;
  readonly byReason: Partial<Record<CloseReason, number>> = {};

  /** @param trackerClosed - Called when the tracker is closed. */
  constructor(tracker: ConnectionTracker<unknown>, remoteText: RemoteText, trackerClosed: () => void) {
    this.#tracker = tracker;
    this.#remoteText = remoteText;
    this.#follower = {
      connectionOpened: () => void this.opened++,
      connectionClosed: (connection) => this.#closed(connection),
      connectionDestroyed: (connection, outcome) => this.#destroyed(connection, outcome),
      connectionLeft: () => {},
      trackerClosed,
    };
  }

  tryStart(): Failure | undefined {
    this.opened = this.#tracker.size;
    return this.#tracker.tryFollow(this.#follower);
  }

  stop(): void {
    this.#tracker.unfollow(this.#follower);
    this.#rows.length = 0;
  }

  /** Those after the row of that number, the oldest first. */
  since(number: number): ClosedRow[] {
    return this.#rows.filter((each) => each.number > number).map(({ row }) => row);
  }

  #closed(connection: ConnectionRecord): void {
    const { closeReason = "error" } = connection;
    this.closed++;
    // It was not reported as opened.
    if (closeReason === "context-error") this.opened++;
    this.byReason[closeReason] = (this.byReason[closeReason] ?? 0) + 1;
    this.#add(closedRow(connection, this.#remoteText));
  }

  /** The row comes again, with the outcome. */
  #destroyed({ id }: Connection, { end }: ConnectionOutcome): void {
    const place = this.#rows.findLastIndex(({ row }) => row.id === id);
    const [found] = place === -1 ? [] : this.#rows.splice(place, 1);
    if (found) this.#add({ ...found.row, outcome: end });
  }

  #add(row: ClosedRow): void {
    this.#rows.push({ number: ++this.newest, row });
    if (this.#rows.length > MOST_CLOSED) this.#rows.shift();
  }
}

/** Refers to neither the connection nor its socket. */
function closedRow(connection: ConnectionRecord, remoteText: RemoteText): ClosedRow {
  const { openedAt, durationMs, finalTcpInfo } = connection;
  const { code } = (connection.closeError ?? {}) as NodeJS.ErrnoException;
  return {
    id: connection.id,
    remote: remoteOf(connection, remoteText),
    protocol: connection.protocol ?? null,
    openedAt: openedAt.toISOString(),
    closedAt: new Date(openedAt.getTime() + durationMs).toISOString(),
    durationMs: Math.round(durationMs),
    requestsServed: connection.requests.served,
    closeReason: connection.closeReason ?? "error",
    closeError: typeof code === "string" ? code.slice(0, 60) : null,
    rttMs: known(finalTcpInfo?.rttMs),
    bytesSent: known(finalTcpInfo?.bytesSent),
    bytesReceived: known(finalTcpInfo?.bytesReceived),
    retransmittedSegments: known(finalTcpInfo?.retransmittedSegments),
    notSentBytes: known(finalTcpInfo?.platform === "linux" ? finalTcpInfo.notSentBytes : undefined),
    outcome: null,
  };
}
