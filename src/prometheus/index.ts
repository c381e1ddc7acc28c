// The public names of `sockinfo/prometheus`, and no logic.
export { registerMetrics } from "./register-metrics";
export type { PrometheusClient, PrometheusRegister, RegisterMetricsOptions } from "./types";
