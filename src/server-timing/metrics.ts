// The metrics of the header, and their form. DevTools shows `desc`, and `dur` as milliseconds.
import type { TcpInfoFields } from "../core";

/** The properties of TCP_INFO that a Server-Timing header may have. */
export type ServerTimingField =
  | "rttMs"
  | "minRttMs"
  | "rttVarMs"
  | "deliveryRateBytesPerSecond"
  | "retransmittedSegments";

/**
 * The text of each metric. Only times are a `dur`, because DevTools would show any other number as milliseconds. With
 * the largest value of each field, all together are shorter than 256 bytes.
 */
const METRICS: Readonly<Record<ServerTimingField, (value: number) => string>> = {
  rttMs: (ms) => `tcp-rtt;dur=${ms};desc="TCP RTT"`,
  minRttMs: (ms) => `tcp-min-rtt;dur=${ms};desc="TCP RTT min"`,
  rttVarMs: (ms) => `tcp-rtt-var;dur=${ms};desc="TCP RTT var"`,
  deliveryRateBytesPerSecond: (rate) => `tcp-delivery-rate;desc="TCP delivery ${rate} B/s"`,
  retransmittedSegments: (count) => `tcp-retransmitted;desc="TCP retransmitted ${count}"`,
};

export const SERVER_TIMING_FIELDS = Object.keys(METRICS) as readonly ServerTimingField[];

/** Returns `undefined` for an unknown value. A browser would read `dur=NaN` and `dur=Infinity` as 0. */
export function toMetric(field: ServerTimingField, values: Partial<TcpInfoFields>): string | undefined {
  const value = values[field];
  return value === undefined || !Number.isFinite(value) ? undefined : METRICS[field](value);
}
