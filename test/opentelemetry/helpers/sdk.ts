// The real SDK of OpenTelemetry, which collects when a test asks for it.
import type { Attributes, Meter } from "@opentelemetry/api";
import {
  AggregationTemporality,
  type Histogram,
  MeterProvider,
  type MetricData,
  MetricReader,
} from "@opentelemetry/sdk-metrics";
import { isDeepStrictEqual } from "node:util";
import { expect, onTestFinished } from "vitest";

class OnDemandReader extends MetricReader {
  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}
}

export interface Sdk {
  readonly provider: MeterProvider;
  readonly meter: Meter;
  /** One collection. Fails if a callback has failed. */
  collect(): Promise<Collected>;
}

export function startSdk(temporality: AggregationTemporality = AggregationTemporality.CUMULATIVE): Sdk {
  const reader = new OnDemandReader({ aggregationTemporalitySelector: () => temporality });
  const provider = new MeterProvider({ readers: [reader] });
  onTestFinished(async () => provider.shutdown());
  return {
    provider,
    meter: provider.getMeter("test"),
    async collect() {
      const { resourceMetrics, errors } = await reader.collect();
      expect(errors).toEqual([]);
      return new Collected(resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics));
    },
  };
}

/** The result of one collection. */
export class Collected {
  constructor(readonly metrics: readonly MetricData[]) {}

  get names(): string[] {
    return this.metrics.map(({ descriptor }) => descriptor.name);
  }

  metric(name: string): MetricData | undefined {
    return this.metrics.find(({ descriptor }) => descriptor.name === name);
  }

  /** The value of the one point with exactly these attributes, or `undefined`. */
  value(name: string, attributes: Attributes = {}): number | undefined {
    return this.#point(name, attributes) as number | undefined;
  }

  histogram(name: string, attributes: Attributes = {}): Histogram | undefined {
    return this.#point(name, attributes) as Histogram | undefined;
  }

  /** The sum over all points. */
  sum(name: string): number {
    return this.#points(name).reduce((sum, { value }) => sum + Number(value), 0);
  }

  /** The values of all points, by the value of one attribute. */
  by(name: string, attribute: string): Record<string, unknown> {
    return Object.fromEntries(this.#points(name).map((point) => [String(point.attributes[attribute]), point.value]));
  }

  #points(name: string): { attributes: Attributes; value: unknown }[] {
    return this.metric(name)?.dataPoints ?? [];
  }

  #point(name: string, attributes: Attributes): unknown {
    const found = this.#points(name).filter((one) => isDeepStrictEqual(one.attributes, attributes));
    expect(found.length).toBeLessThanOrEqual(1);
    return found[0]?.value;
  }
}
