// A Counter or Gauge of prom-client, whose values come from a snapshot.
import type { Definition } from "./definitions";
import type { Labels, MetricContext } from "./metric-context";

/** The part of prom-client's Counter and Gauge that this file uses. */
interface PromMetric {
  inc(labels: Labels, value: number): void;
  set(labels: Labels, value: number): void;
  remove(labels: Labels): void;
}

export class PublishedMetric<Source> {
  readonly name: string;
  readonly metric: object;
  readonly #definition: Definition<Source>;
  readonly #prom: PromMetric;
  /** The total that each series of a counter shows, by its class and label. */
  readonly #reported = new Map<string, number>();

  constructor(definition: Definition<Source>, classLabel: readonly string[], context: MetricContext) {
    const { label, aggregator = "sum", type, help } = definition;
    this.name = context.prefix + definition.name;
    this.#definition = definition;
    const labelNames = label === undefined ? classLabel : [...classLabel, label];
    const { collect } = context;
    this.metric = new context.client[type]({ name: this.name, help, labelNames, aggregator, collect, registers: [] });
    this.#prom = this.metric as PromMetric;
  }

  publish(source: Source, className: string | undefined): void {
    const { label, read } = this.#definition;
    const values = read(source);
    const classLabels: Labels = className === undefined ? {} : { class: className };
    if (typeof values !== "object" || label === undefined) {
      return this.#publishSeries(classLabels, `${className}`, values as number | undefined);
    }
    for (const [each, value] of Object.entries(values)) {
      this.#publishSeries({ ...classLabels, [label]: each }, `${className}\0${each}`, value);
    }
  }

  #publishSeries(labels: Labels, key: string, value: number | undefined): void {
    // An unknown value is left out. It must not become 0.
    if (value === undefined) this.#prom.remove(labels);
    else if (this.#definition.type === "Gauge") this.#prom.set(labels, value);
    else this.#increase(labels, key, value);
  }

  /** A counter of prom-client can only be increased. An increase by 0 makes the series exist. */
  #increase(labels: Labels, key: string, total: number): void {
    this.#prom.inc(labels, total - (this.#reported.get(key) ?? 0));
    this.#reported.set(key, total);
  }
}
