// The time line of one connection: a lane for each measure, and one for the shares of its time.
import { formatBytes, formatMs, formatRate } from "../../quantities";
import type { PageSample } from "../protocol";
import { element, setText, textNode } from "./dom";
import { Graph } from "./graph";
import type { DetailHistory } from "./history";
import { largestShare, ratiosOf, shareClass, SHARES } from "./shares";

interface LaneSpec {
  readonly title: string;
  readonly className: string;
  readonly value: (sample: PageSample) => number | null;
  readonly format: (value: number | null | undefined) => string;
}

const LANES: readonly LaneSpec[] = [
  { title: "RTT", className: "is-first", value: (sample) => sample.rttMs, format: formatMs },
  { title: "Congestion window", className: "is-hijacked", value: (sample) => sample.sndCwndBytes, format: formatBytes },
  {
    title: "Delivery rate",
    className: "is-new",
    value: (sample) => sample.deliveryRateBytesPerSecond,
    format: formatRate,
  },
  { title: "Unacknowledged", className: "is-second", value: (sample) => sample.unackedBytes, format: formatBytes },
];

class Lane {
  readonly element: HTMLElement;
  readonly #graph: Graph;
  readonly #now = textNode();
  readonly #range = textNode();

  constructor(title: string, classNames: readonly string[], kind: "lines" | "areas") {
    this.#graph = new Graph(classNames, kind);
    const range = element("span", "muted", this.#range);
    const heading = element("h4", "", title);
    this.element = element("div", "lane", heading, element("p", "", this.#now), this.#graph.element, range);
  }

  draw(
    times: readonly number[],
    series: readonly (readonly (number | null)[])[],
    now: string,
    range: string,
    label: string,
  ): void {
    this.#graph.draw(times, series, label);
    setText(this.#now, now);
    setText(this.#range, range);
  }
}

export class TimeLine {
  readonly element: HTMLElement;
  readonly #lanes = LANES.map(({ title, className }) => new Lane(title, [className], "lines"));
  readonly #shares = new Lane(
    "Limited by",
    SHARES.map(({ name }) => shareClass(name)),
    "areas",
  );

  constructor() {
    const lanes = [...this.#lanes, this.#shares].map((lane) => lane.element);
    this.element = element("div", "lanes", ...lanes);
  }

  draw({ samples }: DetailHistory): void {
    const times = samples.map(({ time }) => time);
    LANES.forEach(({ title, value, format }, index) => {
      const values = samples.map(value);
      const present = values.filter((each) => each !== null);
      const range = present.length === 0 ? "" : `${format(Math.min(...present))} to ${format(Math.max(...present))}`;
      const label = `${title}, the last two minutes: ${range || "unknown"}`;
      this.#lanes[index]?.draw(times, [values], format(values.at(-1)), range, label);
    });
    const ratios = samples.map(({ shares }) => ratiosOf(shares));
    const series = SHARES.map((_, index) => ratios.map((each) => each?.[index] ?? null));
    const now = largestShare(ratios.at(-1) ?? null) || "-";
    this.#shares.draw(times, series, now, "", `Limited by, the last two minutes. Now ${now}`);
  }
}
