// watchHealth: tracker → a watcher that says which connections are stalled, slow to read, lossy or full.
import {
  LONGEST_DELAY_MS,
  Failure,
  loadDiagnosis,
  loadUsableAddon,
  readInteger,
  readOptions,
  type Reader,
  type Readers,
  refuseNonTracker,
  wrongValue,
} from "../../core";
import type { ConnectionTracker } from "../tracker";
import { HealthWatcher } from "./health-watcher";
import type { WatchHealthOptions } from "./types";

const DEFAULT_EVERY_MS = 5000;
/** A diagnosis needs half a second between two readings. */
const LEAST_EVERY_MS = 1000;

const readEveryMs: Reader<number> = (name, value) => {
  const isInRange = typeof value === "number" && value >= LEAST_EVERY_MS && value <= LONGEST_DELAY_MS;
  return isInRange ? value : wrongValue(name, `be a number from ${LEAST_EVERY_MS} to ${LONGEST_DELAY_MS}`, value);
};

const OPTIONS: Readers<WatchHealthOptions> = {
  everyMs: readEveryMs,
  unsentLimitBytes: readInteger(Number.MAX_SAFE_INTEGER),
};

/**
 * `getsockopt(fd, IPPROTO_TCP, TCP_INFO)` of all live connections of a tracker, every few seconds. The event loop runs
 * between batches of 500. `diagnoseTcp` compares each reading with the one before.
 *
 * The watcher emits an event when a connection begins to be stalled, a slow reader, lossy, or to hold too many unsent
 * bytes, and another one when that ends. A condition begins when two looks in a row find it. You decide what follows:
 * destroy the connection, send it less, or write a log.
 *
 * Each watcher keeps its own readings, so several do not disturb each other. Its timer does not keep the process alive.
 * Closing the tracker closes its watchers.
 *
 * @returns The watcher, an EventEmitter of {@link HealthEvents}. Its `close()` ends the watch.
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` (not a tracker, or wrong options),
 * `ERR_SOCKINFO_TRACKER_CLOSED`, `ERR_SOCKINFO_UNSUPPORTED_PLATFORM`, `ERR_SOCKINFO_OUT_OF_RESOURCES`,
 * `ERR_SOCKINFO_ADDON_LOAD_FAILED`.
 * @example
 * const watcher = watchHealth(trackConnections(server));
 * watcher.on("stalled", ({ socket }) => socket.destroy());
 * @see tcp(7)
 */
export function watchHealth<Context>(
  tracker: ConnectionTracker<Context>,
  options: WatchHealthOptions = {},
): HealthWatcher<Context> {
  const watcher = start(tracker, options);
  if (watcher instanceof Failure) throw watcher.toError(watchHealth);
  return watcher;
}

function start<Context>(
  tracker: ConnectionTracker<Context>,
  options: WatchHealthOptions,
): HealthWatcher<Context> | Failure {
  const refusal = refuseNonTracker(tracker);
  if (refusal) return refusal;
  const read = readOptions<WatchHealthOptions>("options", options, OPTIONS);
  if (read instanceof Failure) return read;
  const addon = loadUsableAddon();
  if (addon instanceof Failure) return addon;
  // Now, because the watcher diagnoses when the process may be out of descriptors.
  const diagnosis = loadDiagnosis();
  if (diagnosis instanceof Failure) return diagnosis;
  const { everyMs = DEFAULT_EVERY_MS, unsentLimitBytes = Infinity } = read;
  const watcher = new HealthWatcher(tracker, { everyMs, unsentLimitBytes });
  return watcher.tryStart() ?? watcher;
}
