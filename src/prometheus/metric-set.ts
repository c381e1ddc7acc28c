// The metrics with one prefix in one register of prom-client. All trackers that are registered there add up in them.
import { type Closeable, closeOnce, Failure } from "../core";
import type { ConnectionTracker } from "../connections";
import {
  type ClassSnapshot,
  expectedSamples,
  type ListenerSnapshot,
  type MetricsSnapshot,
  type SampleName,
  TrackerMetrics,
} from "../metrics";
import { CLASS_METRICS, LISTENER_METRICS } from "./definitions";
import type { MetricContext } from "./metric-context";
import { PublishedMetric } from "./published-metric";
import type { Settings } from "./read-options";
import { SampleHistogram } from "./sample-histogram";
import type { PrometheusRegister } from "./types";

export class MetricSet {
  readonly #register: PrometheusRegister;
  readonly #hasClasses: boolean;
  readonly #source: TrackerMetrics;
  readonly #histograms: ReadonlyMap<SampleName, SampleHistogram>;
  readonly #ofClasses: readonly PublishedMetric<ClassSnapshot>[];
  readonly #ofListeners: readonly PublishedMetric<ListenerSnapshot>[];
  #registrations = 0;
  #published: MetricsSnapshot | undefined;

  constructor({ client, register, prefix, classify }: Settings) {
    const context: MetricContext = { client, prefix, collect: () => this.#collect() };
    const classLabel = classify === undefined ? [] : ["class"];
    this.#register = register;
    this.#hasClasses = classify !== undefined;
    this.#source = new TrackerMetrics((name, value, className) => this.#histograms.get(name)?.record(value, className));
    this.#histograms = new Map(expectedSamples().map((name) => [name, new SampleHistogram(name, classLabel, context)]));
    this.#ofClasses = CLASS_METRICS.map((definition) => new PublishedMetric(definition, classLabel, context));
    this.#ofListeners = LISTENER_METRICS.map((definition) => new PublishedMetric(definition, [], context));
  }

  /** Whether the register has all of these metrics. Other code may have cleared it. */
  get isRegistered(): boolean {
    return this.#all.every(({ name, metric }) => this.#register.getSingleMetric(name) === metric);
  }

  /** Returns why the metrics can't be registered, or `undefined` if they can. */
  refuseNames(): Failure | undefined {
    const taken = this.#all.find(({ name }) => this.#register.getSingleMetric(name) !== undefined);
    return taken && refuseName(taken.name);
  }

  /** Must be called after `refuseNames`, and before other code runs. */
  enterRegister(): void {
    for (const { metric } of this.#all) this.#register.registerMetric(metric);
  }

  /** @param left - Called after the last tracker and all metrics have left the register. */
  tryFollow(
    tracker: ConnectionTracker<unknown>,
    classify: Settings["classify"],
    left: () => void,
  ): Closeable | Failure {
    if (this.#hasClasses !== (classify !== undefined)) return refuseClassify(this.#hasClasses);
    const following = this.#source.tryFollow(tracker, classify);
    if (following instanceof Failure) return following;
    this.#registrations++;
    return closeOnce(() => {
      following.close();
      if (--this.#registrations > 0) return;
      this.#leaveRegister();
      left();
    });
  }

  get #all(): readonly { readonly name: string; readonly metric: object }[] {
    return [...this.#ofClasses, ...this.#histograms.values(), ...this.#ofListeners];
  }

  #leaveRegister(): void {
    for (const { name, metric } of this.#all) {
      // Other code may have cleared the register and reused the name.
      if (this.#register.getSingleMetric(name) === metric) this.#register.removeSingleMetric(name);
    }
  }

  /** A scrape calls this once for each metric, and all of them share one collection. */
  async #collect(): Promise<void> {
    const snapshot = await this.#source.collect();
    if (snapshot === this.#published) return;
    this.#published = snapshot;
    for (const metrics of snapshot.classes) {
      for (const histogram of this.#histograms.values()) histogram.ensure(metrics.className);
      for (const metric of this.#ofClasses) metric.publish(metrics, metrics.className);
    }
    for (const metric of this.#ofListeners) metric.publish(snapshot.listeners, undefined);
  }
}

function refuseName(name: string): Failure {
  return Failure.ofMistake(
    `The register already has a metric with the name "${name}". ` +
      "Pass another options.prefix or another options.register, or close the earlier registration",
  );
}

function refuseClassify(hasClasses: boolean): Failure {
  const [must, advice] = hasClasses ? ["be given", "have"] : ["not be given", "do not have"];
  return Failure.ofMistake(
    `The "options.classify" argument must ${must}, because other trackers in this register ${advice} the label ` +
      '"class". Pass another options.prefix, or the same kind of options for all',
  );
}
