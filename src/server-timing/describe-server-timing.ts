// describeServerTiming(): the text of the header, for responses that appendServerTiming() does not know.
import { Failure, type SocketSource } from "../core";
import { readFieldsOption, readMetrics, type ServerTimingOptions } from "./read-metrics";

/**
 * The text that {@link appendServerTiming} appends, for other responses: a stream of HTTP/2, hapi, a web `Response`.
 *
 * Returns `undefined` if nothing can be read: no TCP, the connection is closed, or the native module can't be loaded.
 *
 * @param source - A request or another source, as for `getTcpInfo`.
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` (no source, or wrong options).
 * @example
 * const timing = describeServerTiming(stream);
 * stream.respond({ ":status": 200, ...(timing && { "server-timing": timing }) });
 */
export function describeServerTiming(source: SocketSource, options: ServerTimingOptions = {}): string | undefined {
  const fields = readFieldsOption(options);
  const metrics = fields instanceof Failure ? fields : readMetrics(source, fields);
  if (metrics instanceof Failure) throw metrics.toError(describeServerTiming);
  return metrics.size === 0 ? undefined : [...metrics.values()].join(", ");
}
