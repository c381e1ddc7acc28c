// The public names of `sockinfo/opentelemetry`, and no logic.
export { ConnectionInstrumentation, type ConnectionInstrumentationConfig } from "./connection-instrumentation";
export { registerMetrics, type RegisterMetricsOptions } from "./register-metrics";
export { createSpanHooks, type SpanHooks } from "./span-hooks";
