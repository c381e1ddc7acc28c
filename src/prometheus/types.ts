// The public types of registerMetrics, and the part of prom-client that it uses. prom-client's own types are not
// imported, because it is not a dependency.
import type { Connection } from "../connections";

/** The module `prom-client`, version 15: `import * as client from "prom-client"`. */
export interface PrometheusClient {
  readonly register: PrometheusRegister;
  readonly Registry: { readonly OPENMETRICS_CONTENT_TYPE: string };
  // oxlint-disable-next-line typescript/no-explicit-any -- the configuration has types of prom-client
  readonly Counter: new (configuration: any) => object;
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  readonly Gauge: new (configuration: any) => object;
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  readonly Histogram: new (configuration: any) => object;
}

/** A `Registry` of prom-client. */
export interface PrometheusRegister {
  // oxlint-disable-next-line typescript/no-explicit-any -- prom-client's type of a metric
  registerMetric(metric: any): void;
  getSingleMetric(name: string): unknown;
  removeSingleMetric(name: string): void;
}

export interface RegisterMetricsOptions<Context = unknown> {
  /** The module `prom-client`, which your program depends on. */
  readonly client: PrometheusClient;
  /** Where the metrics are registered. Default: `client.register`, prom-client's global registry. */
  readonly register?: PrometheusRegister | undefined;
  /** The beginning of all names. Default: `"sockinfo_"`. */
  readonly prefix?: string | undefined;
  /**
   * Chooses the class of a connection, which becomes the label `class` of every metric of connections. It is called
   * once for each connection, when the connection is first seen. There is a context then, but no request yet.
   *
   * Return one of a few constant strings of 1 to 100 characters, and never one that a client may choose. After 20
   * different classes, every other one becomes `"other"`. If the function throws or returns something else, the class
   * is `"other"`, too, with one process warning. Without `classify` there is no label `class`.
   */
  readonly classify?: ((connection: Connection<Context>) => string) | undefined;
}
