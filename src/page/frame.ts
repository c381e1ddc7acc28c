// The frame of one question at one look, as text. Viewers that have seen the same get the same text.
import { promises as timers } from "node:timers";
import type { ClosedConnections } from "./closed-connections";
import type { Look } from "./look";
import { type PageFrame, type PageQuestion, PROTOCOL_VERSION } from "./protocol";
import { rank } from "./ranking";
import { type RemoteText, rowOf } from "./row";
import type { SeenConnection } from "./seen-connection";
import type { DetailBase, WatchedConnection } from "./watched-connection";

/** So many rows take about a millisecond. */
const SLICE_SIZE = 25;

/** What a viewer has been sent. */
export interface Seen {
  readonly lookSeen: number;
  readonly closedSeen: number;
}

export class Frame {
  /** The JSON of the parts that all viewers get, without the last brace. */
  readonly #begin: string;
  readonly #detail: DetailBase | undefined;
  readonly #watched: WatchedConnection | undefined;
  readonly #closed: ClosedConnections;
  readonly #texts = new Map<string, string>();

  constructor(
    shared: Omit<PageFrame, "rows" | "recentlyClosed" | "detail">,
    rows: readonly string[],
    closed: ClosedConnections,
    watched: WatchedConnection | undefined,
    detail: DetailBase | undefined,
  ) {
    this.#begin = `${JSON.stringify(shared).slice(0, -1)},"rows":[${rows.join(",")}]`;
    this.#closed = closed;
    this.#watched = watched;
    this.#detail = detail;
  }

  /** One event of the stream. */
  textFor({ lookSeen, closedSeen }: Seen): string {
    const key = `${this.#closed.newest} ${lookSeen} ${closedSeen}`;
    let text = this.#texts.get(key);
    if (text === undefined) {
      const recentlyClosed = JSON.stringify(this.#closed.since(closedSeen));
      const detail = JSON.stringify(this.#detail ? { ...this.#detail, samples: this.#watched?.since(lookSeen) } : null);
      text = `event: frame\ndata: ${this.#begin},"recentlyClosed":${recentlyClosed},"detail":${detail}}\n\n`;
      this.#texts.set(key, text);
    }
    return text;
  }
}

/** The event loop runs between the slices of rows. */
export async function makeFrame(
  look: Look,
  question: PageQuestion,
  closed: ClosedConnections,
  watched: WatchedConnection | undefined,
  remoteText: RemoteText,
): Promise<Frame> {
  await timers.setImmediate();
  const { first, count } = rank(look.all, question);
  const rows: string[] = [];
  for (let index = 0; index < first.length; index++) {
    if (index % SLICE_SIZE === 0) await timers.setImmediate();
    const row = rowIn(look, first[index] as SeenConnection, remoteText);
    if (row !== undefined) rows.push(row);
  }
  const seen = look.byId.get(question.connection ?? -1);
  const isLive = seen !== undefined && seen.connection.state !== "closed";
  const detail = watched && isLive ? watched.take(look, seen) : undefined;
  const shared = {
    version: PROTOCOL_VERSION,
    takenAt: look.takenAt.toISOString(),
    intervalMs: look.intervalMs ?? null,
    server: look.server,
    totals: look.totals,
    order: question.order,
    descending: question.descending,
    otherRows: count - rows.length,
  } as const;
  return new Frame(shared, rows, closed, watched, detail);
}

function rowIn({ rows }: Look, seen: SeenConnection, remoteText: RemoteText): string | undefined {
  const { id } = seen.connection;
  const made = rows.get(id);
  if (made !== undefined) return made;
  const row = rowOf(seen, remoteText);
  if (row === undefined) return undefined;
  const text = JSON.stringify(row);
  rows.set(id, text);
  return text;
}
