// registerMetrics: tracker → metrics in a register of prom-client.
import { type Closeable, Failure, refuseNonTracker } from "../core";
import type { ConnectionTracker } from "../connections";
import { MetricSet } from "./metric-set";
import { readSettings, type Settings } from "./read-options";
import type { PrometheusRegister, RegisterMetricsOptions } from "./types";

/** By register and prefix. */
const sets = new WeakMap<PrometheusRegister, Map<string, MetricSet>>();

/**
 * Counts what the tracker's connections do, and reads `getsockopt(fd, IPPROTO_TCP, TCP_INFO)` of each: at each scrape,
 * once a minute, and at its end. The result is metrics of prom-client: connections by state, opened and closed ones,
 * round-trip times, retransmissions, bytes, and accept queues. docs/prometheus.md lists them all.
 *
 * Counters only grow, also when connections end. What connections did before this call is not counted. Several
 * trackers with the same register and prefix add up in the same metrics. A scrape reads the connections in slices of
 * 200, and the event loop runs between them.
 *
 * After the end of the tracker, the metrics keep their totals. They leave the register when the last result with this
 * register and prefix is closed.
 *
 * @returns `close()` ends the counting of this tracker.
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` (not a tracker; a tracker or name that the register already
 * has; not prom-client 15, or another wrong option), `ERR_SOCKINFO_TRACKER_CLOSED`.
 * @example
 * import * as client from "prom-client";
 * registerMetrics(trackConnections(server), { client });
 * // In the handler of GET /metrics:
 * res.setHeader("Content-Type", client.register.contentType);
 * res.end(await client.register.metrics());
 * @see tcp(7)
 */
export function registerMetrics<Context>(
  tracker: ConnectionTracker<Context>,
  options: RegisterMetricsOptions<Context>,
): Closeable {
  const registration = register(tracker, options);
  if (registration instanceof Failure) throw registration.toError(registerMetrics);
  return registration;
}

function register(tracker: unknown, options: unknown): Closeable | Failure {
  const refusal = refuseNonTracker(tracker);
  if (refusal) return refusal;
  const settings = readSettings(options);
  if (settings instanceof Failure) return settings;
  try {
    return follow(tracker as ConnectionTracker<unknown>, settings);
  } catch (cause) {
    return Failure.ofMistake('The "options.client" argument must be prom-client 15. It threw an error', cause);
  }
}

function follow(tracker: ConnectionTracker<unknown>, settings: Settings): Closeable | Failure {
  const { register: place, prefix, classify } = settings;
  const ofPlace = sets.get(place) ?? new Map<string, MetricSet>();
  const known = ofPlace.get(prefix);
  const isKnown = known?.isRegistered === true;
  const set = isKnown ? known : new MetricSet(settings);
  const refusal = isKnown ? undefined : set.refuseNames();
  if (refusal) return refusal;
  const registration = set.tryFollow(tracker, classify, () => {
    if (ofPlace.get(prefix) === set) ofPlace.delete(prefix);
  });
  if (registration instanceof Failure || isKnown) return registration;
  ofPlace.set(prefix, set);
  sets.set(place, ofPlace);
  try {
    set.enterRegister();
  } catch (error) {
    registration.close();
    throw error;
  }
  return registration;
}
