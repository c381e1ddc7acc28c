// What the constructors of all metrics take.
import type { PrometheusClient } from "./types";

export interface MetricContext {
  readonly client: PrometheusClient;
  readonly prefix: string;
  /** Brings the values of all metrics up to date. prom-client calls it for each metric of a scrape. */
  readonly collect: () => Promise<void>;
}
