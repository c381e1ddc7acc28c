// The row of figures at the top: each has its number now, and a graph of the last two minutes.
import { formatCount, formatMs, formatRate, formatRatio } from "../../quantities";
import { PAGE_STATES, type PageState } from "../protocol";
import { element, setAttribute, setText, textNode } from "./dom";
import { Graph, type Values } from "./graph";
import type { TotalsHistory, TotalsSample } from "./history";

interface Series {
  /** Printed beside its colour. */
  readonly name: string;
  readonly className: string;
  readonly value: (sample: TotalsSample) => number | null | undefined;
}

interface FigureSpec {
  readonly title: string;
  readonly kind: "lines" | "areas";
  readonly series: readonly Series[];
  /** The large number, and the small text after it. */
  readonly main: (now: TotalsSample) => readonly [string, string];
  readonly format: (value: number | null | undefined) => string;
  /** The top of the graph is at least this, so that noise stays small. */
  readonly least?: number;
  /** A last note, about the two minutes. */
  readonly note?: (samples: readonly TotalsSample[]) => string;
  readonly isAlarming?: (samples: readonly TotalsSample[]) => boolean;
}

const FIGURES: readonly FigureSpec[] = [
  {
    title: "Connections",
    kind: "areas",
    // The busiest state is at the bottom, where its height is easy to read.
    series: (["active", "idle", "new", "hijacked"] as const satisfies readonly PageState[]).map((state) => {
      return { name: state, className: `is-${state}`, value: ({ connections }) => connections[state] };
    }),
    main: (now) => [formatCount(liveConnections(now)), `${formatCount(now.requestsInFlight)} requests in flight`],
    format: formatCount,
  },
  {
    title: "Opened and closed",
    kind: "lines",
    series: [
      { name: "opened", className: "is-first", value: (sample) => sample.openedPerSecond },
      { name: "closed", className: "is-second dashed", value: (sample) => sample.closedPerSecond },
    ],
    main: (now) => [perSecond(now.openedPerSecond), `${formatCount(now.openedTotal)} so far`],
    format: perSecond,
    least: 5,
  },
  {
    title: "Round-trip time",
    kind: "lines",
    series: [
      { name: "p50", className: "is-first", value: (sample) => sample.rttMs?.p50 },
      { name: "p90", className: "is-second dashed", value: (sample) => sample.rttMs?.p90 },
      { name: "p99", className: "is-third", value: (sample) => sample.rttMs?.p99 },
    ],
    main: (now) => [formatMs(now.rttMs?.p50), "median"],
    format: formatMs,
  },
  {
    title: "Retransmitted",
    kind: "lines",
    series: [{ name: "ratio", className: "is-first", value: (sample) => sample.retransmissionRatio }],
    main: (now) => [formatRatio(now.retransmissionRatio), "of segments sent"],
    format: formatRatio,
    least: 0.01,
    note: (samples) => `highest ${formatRatio(Math.max(...samples.map((sample) => sample.retransmissionRatio ?? 0)))}`,
  },
  {
    title: "Payload",
    kind: "lines",
    series: [
      { name: "sent", className: "is-first", value: (sample) => sample.sentBytesPerSecond },
      { name: "received", className: "is-second dashed", value: (sample) => sample.receivedBytesPerSecond },
    ],
    main: (now) => [formatRate(now.sentBytesPerSecond), "sent"],
    format: formatRate,
    least: 1000,
  },
  {
    title: "Accept queue",
    kind: "lines",
    series: [
      { name: "waiting", className: "is-first", value: (sample) => sample.acceptQueue?.length },
      { name: "dropped SYNs", className: "is-alarm", value: dropped },
    ],
    main: ({ acceptQueue }) =>
      acceptQueue === null ? ["-", "not known here"] : [String(acceptQueue.length), `of ${acceptQueue.limit}`],
    format: formatCount,
    least: 5,
    note: (samples) => `${formatCount(droppedInAll(samples))} dropped in two minutes`,
    isAlarming: (samples) => droppedInAll(samples) > 0,
  },
];

export function liveConnections({ connections }: Pick<TotalsSample, "connections">): number {
  return PAGE_STATES.reduce((sum, state) => sum + connections[state], 0);
}

function perSecond(value: number | null | undefined): string {
  return typeof value === "number" ? `${formatCount(value)} /s` : "-";
}

function dropped({ acceptQueue, newlyDroppedSyns }: TotalsSample): number | null {
  return acceptQueue === null || acceptQueue.droppedSyns === null ? null : newlyDroppedSyns;
}

function droppedInAll(samples: readonly TotalsSample[]): number {
  return samples.reduce((sum, sample) => sum + sample.newlyDroppedSyns, 0);
}

class Figure {
  readonly element: HTMLElement;
  readonly #spec: FigureSpec;
  readonly #graph: Graph;
  readonly #value = textNode();
  readonly #detail = textNode();
  readonly #notes: readonly Text[];
  readonly #lastNote = textNode();

  constructor(spec: FigureSpec) {
    this.#spec = spec;
    this.#graph = new Graph(
      spec.series.map(({ className }) => className),
      spec.kind,
    );
    this.#notes = spec.series.map(() => textNode());
    // A single line needs no key.
    const keyed = spec.series.length > 1 ? spec.series : [];
    const keys = keyed.map(({ className }, index) =>
      element("span", `key ${className}`, element("span", "", this.#notes[index] as Text)),
    );
    this.element = element(
      "article",
      "figure",
      element("h2", "", spec.title),
      element("p", "value", this.#value, element("small", "", this.#detail)),
      this.#graph.element,
      element("p", "notes", ...keys, element("span", "last", this.#lastNote)),
    );
  }

  draw(samples: readonly TotalsSample[], now: TotalsSample): void {
    const { title, series, main, format, least, note, isAlarming } = this.#spec;
    const [value, detail] = main(now);
    setText(this.#value, value);
    setText(this.#detail, detail);
    series.forEach((each, index) => setText(this.#notes[index] as Text, `${format(each.value(now))} ${each.name}`));
    setText(this.#lastNote, note?.(samples) ?? "");
    const values = series.map((each) => samples.map(each.value));
    const times = samples.map(({ time }) => time);
    this.#graph.draw(times, values, `${title}, the last two minutes: ${ranges(series, values, format)}`, least);
    setAttribute(this.element, "class", isAlarming?.(samples) ? "figure alarm" : "figure");
  }
}

/** "p50 1 ms to 4 ms, p90 …". */
function ranges(series: readonly Series[], values: readonly Values[], format: FigureSpec["format"]): string {
  const texts = series.map(({ name }, index) => {
    const present = (values[index] ?? []).filter((value) => typeof value === "number");
    if (present.length === 0) return `${name} unknown`;
    return `${name} ${format(Math.min(...present))} to ${format(Math.max(...present))}`;
  });
  return texts.join(", ");
}

export class Totals {
  readonly #figures = FIGURES.map((spec) => new Figure(spec));

  constructor(parent: HTMLElement) {
    parent.append(...this.#figures.map((figure) => figure.element));
  }

  draw({ samples }: TotalsHistory): void {
    const now = samples.at(-1);
    if (now !== undefined) for (const figure of this.#figures) figure.draw(samples, now);
  }
}
