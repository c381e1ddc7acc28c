// What the constructors of all metrics take.
import type { PrometheusClient } from "./types";

/** The labels of one series, as prom-client takes them. */
export type Labels = Readonly<Record<string, string>>;

export interface MetricContext {
  readonly client: PrometheusClient;
  readonly prefix: string;
  /** Brings the values of all metrics up to date. prom-client calls it for each metric of a scrape. */
  readonly collect: () => Promise<void>;
}
