// A small graph of the last two minutes: lines, or areas on top of each other. x is time, so a gap in the frames is a
// gap in the graph.
import { setAttribute, svg } from "./dom";

export const GRAPH_MS = 120_000;
const WIDTH = 240;
const HEIGHT = 34;
/** Lines are not drawn across a longer time without a frame. */
const LONGEST_GAP_MS = 5000;

export type Values = readonly (number | null | undefined)[];

export class Graph {
  readonly element: SVGSVGElement;
  readonly #paths: readonly SVGPathElement[];
  readonly #stacked: boolean;

  /** @param classNames - One for each series. */
  constructor(classNames: readonly string[], kind: "lines" | "areas") {
    this.#stacked = kind === "areas";
    this.#paths = classNames.map((name) => svg("path", { class: `${this.#stacked ? "area" : "line"} ${name}` }));
    const base = svg("path", { class: "base", d: `M0 ${HEIGHT - 0.5}H${WIDTH}` });
    const box = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "graph", role: "img" };
    this.element = svg("svg", box, base, ...this.#paths);
  }

  /**
   * @param times - When each value was taken, in milliseconds.
   * @param series - The values of each series, as many as `times`.
   * @param label - What a screen reader says.
   * @param least - The top of the graph is at least this.
   */
  draw(times: readonly number[], series: readonly Values[], label: string, least = 0): void {
    const last = times.at(-1) ?? 0;
    const xs = times.map((time) => WIDTH * (1 - (last - time) / GRAPH_MS));
    const tops = this.#stacked ? stack(series) : series;
    const top = niceTop(Math.max(least, ...tops.flat().map((value) => value ?? 0)));
    const y = (value: number): number => HEIGHT - 1 - (HEIGHT - 3) * (value / top);
    this.#paths.forEach((path, index) => {
      const upper = tops[index] ?? [];
      const lower = this.#stacked && index > 0 ? tops[index - 1] : undefined;
      const runs = splitAtGaps(times, upper);
      setAttribute(path, "d", runs.map((run) => (this.#stacked ? area : line)(run, xs, upper, lower, y)).join(""));
    });
    setAttribute(this.element, "aria-label", label);
  }
}

type Run = readonly number[];
type Scale = (value: number) => number;

function line(run: Run, xs: readonly number[], values: Values, _lower: Values | undefined, y: Scale): string {
  const points = run.map((index) => point(xs[index], y(values[index] ?? 0)));
  // A line of no length shows as a dot.
  return `M${points.join("L")}${points.length === 1 ? "h1" : ""}`;
}

function area(run: Run, xs: readonly number[], upper: Values, lower: Values | undefined, y: Scale): string {
  const over = run.map((index) => point(xs[index], y(upper[index] ?? 0)));
  const under = run.map((index) => point(xs[index], y(lower?.[index] ?? 0)));
  return `M${[...over, ...under.toReversed()].join("L")}Z`;
}

function point(x = 0, y = 0): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}

/** Indexes of values that are there, in runs without a gap. */
function splitAtGaps(times: readonly number[], values: Values): number[][] {
  const runs: number[][] = [];
  let previous = Number.NEGATIVE_INFINITY;
  times.forEach((time, index) => {
    if (typeof values[index] !== "number") {
      previous = Number.NEGATIVE_INFINITY;
      return;
    }
    if (time - previous > LONGEST_GAP_MS) runs.push([]);
    runs.at(-1)?.push(index);
    previous = time;
  });
  return runs;
}

/** Each series on top of those before it. */
function stack(series: readonly Values[]): number[][] {
  const sums: number[] = [];
  return series.map((values) =>
    values.map((value, index) => {
      const sum = (sums[index] ?? 0) + (value ?? 0);
      sums[index] = sum;
      return sum;
    }),
  );
}

/** 1, 2 or 5 times a power of ten, so that the scale seldom changes. */
function niceTop(value: number): number {
  if (!(value > 0)) return 1;
  // Sums of shares may be a little above 1.
  const highest = value * (1 - 1e-9);
  const power = 10 ** Math.floor(Math.log10(highest));
  const step = [1, 2, 5, 10].find((each) => each * power >= highest) ?? 10;
  return step * power;
}
