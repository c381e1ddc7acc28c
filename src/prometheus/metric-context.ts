import type { PrometheusClient } from "./types";

/** What a metric needs to be made. */
export interface MetricContext {
  readonly client: PrometheusClient;
  readonly prefix: string;
  /** Brings the values of all metrics up to date. prom-client calls it for each metric of a scrape. */
  readonly collect: () => Promise<void>;
}
