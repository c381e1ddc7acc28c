// source, options → the metrics of the header.
import { Failure, type FieldList, fieldList, readFields, readListOf, readOneOf, readOptions } from "../core";
import { SERVER_TIMING_FIELDS, type ServerTimingField, toMetric } from "./metrics";

/** The options of `appendServerTiming` and `describeServerTiming`. */
export interface ServerTimingOptions {
  /** The properties of TCP_INFO that the header gets. `["rttMs", "minRttMs"]` if not given. */
  readonly fields?: readonly ServerTimingField[] | undefined;
}

const DEFAULT_FIELDS: readonly ServerTimingField[] = ["rttMs", "minRttMs"];
const readFieldNames = readListOf(readOneOf(...SERVER_TIMING_FIELDS));

let allFields: FieldList | undefined;

/** Each field once, in the order of the options. */
export function readFieldsOption(options: ServerTimingOptions): readonly ServerTimingField[] | Failure {
  const read = readOptions<ServerTimingOptions>("options", options, { fields: readFieldNames });
  return read instanceof Failure ? read : [...new Set(read.fields ?? DEFAULT_FIELDS)];
}

/** The text of each field that has a value, or a failure for a wrong argument. */
export function readMetrics(
  source: unknown,
  names: readonly ServerTimingField[],
): ReadonlyMap<ServerTimingField, string> | Failure {
  const values = readFields(source, (allFields ??= fieldList(SERVER_TIMING_FIELDS)));
  if (values instanceof Failure) return values.code === "ERR_SOCKINFO_INVALID_ARGUMENT" ? values : new Map();
  const metrics = new Map<ServerTimingField, string>();
  for (const name of names) {
    const metric = toMetric(name, values);
    if (metric !== undefined) metrics.set(name, metric);
  }
  return metrics;
}
