// createSpanHooks: the hooks by which OpenTelemetry's HTTP instrumentation adds TCP_INFO to the spans of requests.
import type { Span } from "@opentelemetry/api";
import { createTcpInfoReader, sharesOf, type SocketSource, type TcpInfoFields } from "../core";
import { type Connection, tryGetConnection } from "../connections";
import { segmentGrowth } from "../metrics";

/** Options of `HttpInstrumentation`. Both functions ignore outgoing requests and never throw. */
export interface SpanHooks {
  /** Reads TCP_INFO when the request has arrived, so that the growth is known later. */
  readonly requestHook: (span: Span, request: object) => void;
  /** Reads TCP_INFO when the response is closed, and sets the attributes. */
  readonly applyCustomAttributesOnSpan: (span: Span, request: object) => void;
}

const FIELDS = [
  "rttMs",
  "minRttMs",
  "dataSegmentsSent",
  "retransmittedSegments",
  "busyTimeMs",
  "rwndLimitedTimeMs",
  "sndbufLimitedTimeMs",
  "deliveryRateBytesPerSecond",
  "isDeliveryRateAppLimited",
  "notSentBytes",
] as const;

type Reading = Pick<TcpInfoFields, (typeof FIELDS)[number]>;

/** By the names of attributes. */
type Values = Readonly<Record<string, number | undefined>>;

interface Start {
  readonly reading: Reading;
  /** By the monotonic clock. */
  readonly atMs: number;
}

/**
 * Makes hooks for the spans of HTTP servers. They read TCP_INFO of the request's connection twice, and set these
 * attributes of the request's span. An attribute whose value is not known is left out.
 *
 * - The state at the end of the response: `sockinfo.tcp.rtt` and `.min_rtt` in seconds, and `.unsent` in bytes. Also
 *   `.delivery_rate` in bytes per second, unless the application limited it.
 * - The growth while the request was answered: `sockinfo.tcp.segments.sent` and `.segments.retransmitted`. Also the
 *   seconds in which data was held back: `sockinfo.tcp.limited.network`, `.receiver` and `.send_buffer`.
 * - If the server has a tracker: `sockinfo.connection.id` and `.requests`, which is 1 for the first request of a
 *   connection.
 *
 * The response ends when the kernel has all of it. Later retransmissions are in no span, but `measureRequest` of
 * sockinfo/connections waits for them. If the connection ends before the response, a tracker still has the final
 * values. Without a tracker, the state is that of the request's arrival.
 *
 * @returns Options of `HttpInstrumentation`. If you have hooks of your own, call these from yours.
 * @example
 * registerInstrumentations({ instrumentations: [new HttpInstrumentation(createSpanHooks())] });
 * @see tcp(7)
 */
export function createSpanHooks(): SpanHooks {
  const readTcp = createTcpInfoReader(FIELDS);
  const starts = new WeakMap<object, Start>();
  return {
    requestHook: (span, request) => {
      if (!isForServer(span, request)) return;
      const connection = quietly(tryGetConnection, request);
      if (connection !== undefined) setKnown(span, connectionAttributes(connection));
      const reading = quietly(readTcp.try, request);
      if (reading !== undefined) starts.set(request, { reading, atMs: performance.now() });
    },
    applyCustomAttributesOnSpan: (span, request) => {
      if (!isForServer(span, request)) return;
      const start = starts.get(request);
      // The final TCP_INFO, if the connection has ended and its server has a tracker.
      const end = quietly(readTcp.try, request);
      const latest = end ?? start?.reading;
      if (latest !== undefined) setKnown(span, stateAttributes(latest));
      if (start !== undefined && end !== undefined) setKnown(span, growthAttributes(start, end));
    },
  };
}

/**
 * False for outgoing requests, whose connections are not the server's. `reusedSocket` is a property of
 * `http.ClientRequest` only.
 */
function isForServer(span: Span | undefined, request: object | undefined): boolean {
  if (typeof request !== "object" || request === null || "reusedSocket" in request) return false;
  return span?.isRecording() === true;
}

/** Returns `undefined` where `read` throws, as without the native module. */
function quietly<Result>(read: (source: SocketSource) => Result, request: object): Result | undefined {
  try {
    return read(request as SocketSource);
  } catch {
    return undefined;
  }
}

/** `served` counts the requests before this one, which is in flight. */
function connectionAttributes({ id, requests }: Connection): Values {
  return {
    "sockinfo.connection.id": id,
    "sockinfo.connection.requests": requests.served + requests.inFlight,
  };
}

function stateAttributes(reading: Reading): Values {
  return {
    "sockinfo.tcp.rtt": toSeconds(reading.rttMs),
    "sockinfo.tcp.min_rtt": toSeconds(reading.minRttMs),
    "sockinfo.tcp.unsent": reading.notSentBytes,
    "sockinfo.tcp.delivery_rate":
      reading.isDeliveryRateAppLimited === false ? reading.deliveryRateBytesPerSecond : undefined,
  };
}

function growthAttributes({ reading: start, atMs }: Start, end: Reading): Values {
  const shares = sharesOf(start, end, performance.now() - atMs);
  return {
    "sockinfo.tcp.segments.sent": segmentGrowth(start.dataSegmentsSent, end.dataSegmentsSent),
    "sockinfo.tcp.segments.retransmitted": segmentGrowth(start.retransmittedSegments, end.retransmittedSegments),
    "sockinfo.tcp.limited.network": toSeconds(shares?.networkMs),
    "sockinfo.tcp.limited.receiver": toSeconds(shares?.receiverMs),
    "sockinfo.tcp.limited.send_buffer": toSeconds(shares?.sendBufferMs),
  };
}

function toSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}

/** Leaves out `undefined`, and `Infinity`, which exporters do not take. */
function setKnown(span: Span, values: Values): void {
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && Number.isFinite(value)) span.setAttribute(name, value);
  }
}
