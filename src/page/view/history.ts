// What the graphs show: the totals of the last two minutes, and the time line of the watched connection.
import type { PageDetail, PageFrame, PageRequest, PageSample, PageTotals } from "../protocol";
import { GRAPH_MS } from "./graph";

export interface TotalsSample extends PageTotals {
  readonly time: number;
  readonly openedPerSecond: number | null;
  readonly closedPerSecond: number | null;
  /** SYNs dropped since the sample before. */
  readonly newlyDroppedSyns: number;
}

export class TotalsHistory {
  readonly samples: TotalsSample[] = [];

  add({ takenAt, totals }: PageFrame): void {
    const time = Date.parse(takenAt);
    const before = this.samples.at(-1);
    // The stream opens again when the viewer changes the order. Its first frame may be one that is here already.
    if (before !== undefined && time <= before.time) {
      if (time === before.time) return;
      this.samples.length = 0;
    }
    const seconds = before === undefined ? 0 : (time - before.time) / 1000;
    const perSecond = (now: number, then = now): number | null =>
      seconds > 0 ? Math.max(0, now - then) / seconds : null;
    this.samples.push({
      ...totals,
      time,
      openedPerSecond: perSecond(totals.openedTotal, before?.openedTotal),
      closedPerSecond: perSecond(totals.closedTotal, before?.closedTotal),
      newlyDroppedSyns: droppedSince(totals, before),
    });
    dropOld(this.samples, (sample) => sample.time);
  }
}

/** A counter of 32 bits. It also begins again with another server behind the same address. */
function droppedSince(now: PageTotals, before: PageTotals | undefined): number {
  const [after, then] = [now.acceptQueue?.droppedSyns, before?.acceptQueue?.droppedSyns];
  return typeof after === "number" && typeof then === "number" && after > then ? after - then : 0;
}

/** The time line of one connection. A new one is made for each connection that is opened in depth. */
export class DetailHistory {
  readonly id: number;
  readonly samples: (PageSample & { readonly time: number })[] = [];
  requests: readonly PageRequest[] = [];
  /** The last that arrived: the connection may have closed since. */
  last: PageDetail | undefined;
  isClosed = false;

  constructor(id: number) {
    this.id = id;
  }

  add(detail: PageDetail | null): void {
    this.isClosed = detail === null;
    if (detail?.id !== this.id) return;
    this.last = detail;
    this.requests = detail.requests;
    const newest = Date.parse(detail.samples.at(-1)?.takenAt ?? "");
    // The server's clock was set back.
    if (newest < (this.samples.at(-1)?.time ?? 0)) this.samples.length = 0;
    // The first frame of a new stream has samples that are here already.
    for (const sample of detail.samples) {
      const time = Date.parse(sample.takenAt);
      if (time > (this.samples.at(-1)?.time ?? 0)) this.samples.push({ ...sample, time });
    }
    dropOld(this.samples, (sample) => sample.time);
  }
}

function dropOld<Sample>(samples: Sample[], timeOf: (sample: Sample) => number): void {
  const last = samples.at(-1);
  if (last === undefined) return;
  const oldest = timeOf(last) - GRAPH_MS;
  // One older sample stays, so that the graph begins at its left edge.
  const first = samples.findIndex((sample) => timeOf(sample) > oldest);
  samples.splice(0, Math.max(0, first - 1));
}
