// registerMetrics: tracker, meter → the metrics of the tracker's connections.
import type { Meter } from "@opentelemetry/api";
import { type Closeable, Failure, readFunction, type Reader, readOptions, refuseNonTracker, wrongValue } from "../core";
import type { Connection, ConnectionTracker } from "../connections";
import { MeterMetrics } from "./meter-metrics";

/** The options of {@link registerMetrics}. */
export interface RegisterMetricsOptions<Context = unknown> {
  /** `metrics.getMeter(name)` of `@opentelemetry/api`, or of a `MeterProvider`. */
  readonly meter: Meter;
  /**
   * Chooses the attribute `sockinfo.connection.class` of a connection. It is called once for each connection, when the
   * connection is first seen. Return one of a few constant strings of 1 to 100 characters. After 20 different classes,
   * every other one becomes `"other"`. If the function throws or returns something else, the class is `"other"`, too.
   * Without this option there is no such attribute.
   */
  readonly classify?: ((connection: Connection<Context>) => string) | undefined;
}

/**
 * Exports the connections of a tracker by OpenTelemetry. docs/opentelemetry.md lists the metrics. Several trackers
 * that are registered at one meter add up.
 *
 * Source: `getsockopt(fd, IPPROTO_TCP, TCP_INFO)` of each connection at each collection, once a minute, and at the
 * connection's end. The accept queues come from `getListenerInfo`. One callback of the meter reads the connections, in
 * slices of about a millisecond. No attribute depends on what clients send.
 *
 * @returns Its `close()` ends the counting. The next collection still has the totals of that moment, and 0
 * connections. After that, only the instruments stay at the meter, because OpenTelemetry can't remove instruments.
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` (not a tracker, or one that this meter already has; not a
 * meter, or another wrong option), `ERR_SOCKINFO_TRACKER_CLOSED`.
 * @example
 * registerMetrics(trackConnections(server), { meter: metrics.getMeter("my-service") });
 * @see tcp(7)
 */
export function registerMetrics<Context>(
  tracker: ConnectionTracker<Context>,
  options: RegisterMetricsOptions<Context>,
): Closeable {
  const registered = register(tracker, options);
  if (registered instanceof Failure) throw registered.toError(registerMetrics);
  return registered;
}

function register(tracker: unknown, options: unknown): Closeable | Failure {
  const refusal = refuseNonTracker(tracker);
  if (refusal) return refusal;
  const read = readOptions<RegisterMetricsOptions>("options", options, { meter: readMeter, classify: readFunction });
  if (read instanceof Failure) return read;
  const meter = readMeter("options.meter", read.meter);
  if (meter instanceof Failure) return meter;
  return MeterMetrics.of(meter).tryFollow(tracker as ConnectionTracker<unknown>, read.classify);
}

const METHODS = [
  "createHistogram",
  "createObservableCounter",
  "createObservableGauge",
  "createObservableUpDownCounter",
  "addBatchObservableCallback",
  "removeBatchObservableCallback",
] as const satisfies (keyof Meter)[];

const readMeter: Reader<Meter> = (name, value) =>
  isMeter(value) ? value : wrongValue(name, "be a Meter of @opentelemetry/api 1.3 or a later 1.x", value);

function isMeter(value: unknown): value is Meter {
  if (typeof value !== "object" || value === null) return false;
  return METHODS.every((method) => typeof (value as Partial<Meter>)[method] === "function");
}
