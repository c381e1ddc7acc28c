// appendServerTiming(): the header Server-Timing with TCP_INFO of the response's connection.
import { Failure, wrongValue } from "../core";
import type { ServerTimingField } from "./metrics";
import { readFieldsOption, readMetrics, type ServerTimingOptions } from "./read-metrics";
import { findAppend, hasSentHeaders, type ServerTimingResponse } from "./response-kinds";

/** The fields that each response already has. So the header stays short, however often the function is called. */
const appendedTo = new WeakMap<object, Set<ServerTimingField>>();

/**
 * `getsockopt(fd, IPPROTO_TCP, TCP_INFO)`, appended to the response's header `Server-Timing`:
 *
 *     Server-Timing: tcp-rtt;dur=24.13;desc="TCP RTT", tcp-min-rtt;dur=22.86;desc="TCP RTT min"
 *
 * Call it before the headers are written. Browsers show the header in their developer tools, and pages read it by
 * `performance.getEntriesByType("navigation")[0].serverTiming`. Metrics that the header already has stay. A field is
 * appended once, even if you call again, so at most 256 bytes are appended to one response.
 *
 * The page learns the round-trip time of its visitor, and so does every script in it. docs/server-timing.md says what
 * that gives away, and what to do about caches.
 *
 * @param res - `res` of node:http, https, http2, Express; Fastify's reply, Koa's ctx, Hono's c, h3's event.
 * @returns Whether a metric was appended. `false` if nothing can be read: no TCP, a closed connection, no native
 * module. Also `false` if the headers are already sent.
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` (no response, or wrong options).
 * @example
 * appendServerTiming(res);
 * appendServerTiming(res, { fields: ["rttMs", "retransmittedSegments"] });
 */
export function appendServerTiming(res: ServerTimingResponse, options: ServerTimingOptions = {}): boolean {
  const result = tryAppend(res, options);
  if (result instanceof Failure) throw result.toError(appendServerTiming);
  return result;
}

function tryAppend(res: ServerTimingResponse, options: ServerTimingOptions): boolean | Failure {
  const append = findAppend(res);
  if (append === undefined)
    return wrongValue("res", "be a response, or an object of a framework with one", res, ADVICE);
  const fields = readFieldsOption(options);
  if (fields instanceof Failure) return fields;
  if (hasSentHeaders(res)) return false;
  const appended = appendedTo.get(res) ?? new Set();
  const metrics = readMetrics(
    res,
    fields.filter((field) => !appended.has(field)),
  );
  if (metrics instanceof Failure) return metrics;
  if (metrics.size === 0) return false;
  append([...metrics.values()].join(", "));
  appendedTo.set(res, new Set([...appended, ...metrics.keys()]));
  return true;
}

const ADVICE = "For any other one, describeServerTiming() returns the text of the header";
