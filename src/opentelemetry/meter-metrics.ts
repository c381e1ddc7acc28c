// The instruments of one meter, and the callback that observes them.
import type { BatchObservableCallback, BatchObservableResult, Meter, Observable } from "@opentelemetry/api";
import { type Closeable, closeOnce, Failure } from "../core";
import type { ConnectionTracker } from "../connections";
import { type ClassSnapshot, type Classify, type ListenerSnapshot, TrackerMetrics } from "../metrics";
import { classAttributes, createHistograms } from "./histograms";
import { CLASS_METRICS, LISTENER_METRICS, type ObservedMetric } from "./observed-metrics";

type Instrument<Source> = readonly [instrument: Observable, metric: ObservedMetric<Source>];

const known = new WeakMap<Meter, MeterMetrics>();

export class MeterMetrics {
  /** The same object for the same meter. A meter can't remove instruments, so each is created once. */
  static of(meter: Meter): MeterMetrics {
    let metrics = known.get(meter);
    if (metrics === undefined) {
      metrics = new MeterMetrics(meter);
      known.set(meter, metrics);
    }
    return metrics;
  }

  readonly #meter: Meter;
  readonly #metrics: TrackerMetrics;
  readonly #ofClasses: readonly Instrument<ClassSnapshot>[];
  readonly #ofListeners: readonly Instrument<ListenerSnapshot>[];
  readonly #callback: BatchObservableCallback = (result) => this.#observe(result);
  /** How many trackers are registered. */
  #count = 0;

  private constructor(meter: Meter) {
    this.#meter = meter;
    this.#metrics = new TrackerMetrics(createHistograms(meter));
    this.#ofClasses = CLASS_METRICS.map((metric) => createInstrument(meter, metric));
    this.#ofListeners = LISTENER_METRICS.map((metric) => createInstrument(meter, metric));
  }

  tryFollow(tracker: ConnectionTracker<unknown>, classify: Classify | undefined): Closeable | Failure {
    const followed = this.#metrics.tryFollow(tracker, classify);
    if (followed instanceof Failure) return followed;
    this.#count++;
    // Adding it again has no effect.
    this.#meter.addBatchObservableCallback(this.#callback, this.#observables());
    return closeOnce(() => {
      followed.close();
      this.#count--;
    });
  }

  async #observe(result: BatchObservableResult): Promise<void> {
    // A collection that begins after the last close() has the totals of that moment.
    const isLast = this.#count === 0;
    const { classes, listeners } = await this.#metrics.collect();
    for (const one of classes) observe(result, this.#ofClasses, one, one.className);
    observe(result, this.#ofListeners, listeners, undefined);
    // A tracker may have been registered meanwhile.
    if (isLast && this.#count === 0) this.#meter.removeBatchObservableCallback(this.#callback, this.#observables());
  }

  #observables(): Observable[] {
    return [...this.#ofClasses, ...this.#ofListeners].map(([instrument]) => instrument);
  }
}

function createInstrument<Source>(meter: Meter, metric: ObservedMetric<Source>): Instrument<Source> {
  const { create, name, unit, description } = metric;
  return [meter[create](name, { unit, description }), metric];
}

function observe<Source>(
  result: BatchObservableResult,
  instruments: readonly Instrument<Source>[],
  source: Source,
  className: string | undefined,
): void {
  for (const [instrument, { points }] of instruments) {
    for (const [value, attributes] of points(source)) {
      if (value !== undefined) result.observe(instrument, value, { ...attributes, ...classAttributes(className) });
    }
  }
}
