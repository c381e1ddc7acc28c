// A Histogram of prom-client that takes samples of single connections.
import { BOUNDARIES, type SampleName } from "../metrics";
import { HISTOGRAMS } from "./definitions";
import type { Labels, MetricContext } from "./metric-context";

/** The part of prom-client's Histogram that this file uses. */
interface PromHistogram {
  observe(labels: Labels, value: number): void;
  zero(labels: Labels): void;
}

const NO_LABELS: Labels = {};

export class SampleHistogram {
  readonly name: string;
  readonly metric: object;
  readonly #prom: PromHistogram;
  /** By class. */
  readonly #labels = new Map<string | undefined, Labels>([[undefined, NO_LABELS]]);

  constructor(sample: SampleName, labelNames: readonly string[], context: MetricContext) {
    const { name, help } = HISTOGRAMS[sample];
    const { client, collect } = context;
    this.name = context.prefix + name;
    this.metric = new client.Histogram({
      name: this.name,
      help,
      buckets: [...BOUNDARIES[sample]],
      labelNames,
      collect,
      registers: [],
    });
    this.#prom = this.metric as PromHistogram;
  }

  record(value: number, className: string | undefined): void {
    this.#prom.observe(this.#labelsOf(className), value);
  }

  /** Makes the series of a class exist before its first sample. Otherwise rate() would miss that sample. */
  ensure(className: string | undefined): void {
    this.#labelsOf(className);
  }

  #labelsOf(className: string | undefined): Labels {
    const known = this.#labels.get(className);
    if (known !== undefined) return known;
    const labels: Labels = { class: className as string };
    this.#labels.set(className, labels);
    this.#prom.zero(labels);
    return labels;
  }
}
