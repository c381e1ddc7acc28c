// Starts the real SDK with ConnectionInstrumentation, for `node --import`. `globalThis.collect()` resolves to the sums
// of all counters, by their names.
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import { ConnectionInstrumentation } from "sockinfo/opentelemetry";

class OnDemandReader extends MetricReader {
  async onForceFlush() {}
  async onShutdown() {}
}

const reader = new OnDemandReader();
registerInstrumentations({
  instrumentations: [new ConnectionInstrumentation()],
  meterProvider: new MeterProvider({ readers: [reader] }),
});

globalThis.collect = async () => {
  const { resourceMetrics, errors } = await reader.collect();
  if (errors.length > 0) throw errors[0];
  const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  return Object.fromEntries(
    metrics.map(({ descriptor, dataPoints }) => [
      descriptor.name,
      dataPoints.reduce((sum, { value }) => sum + (typeof value === "number" ? value : value.count), 0),
    ]),
  );
};
