// The metrics: names without the prefix, help texts, and where their values come from.
import type { ClassSnapshot, ListenerSnapshot, SampleName } from "../metrics";

/** One value, or one for each value of the metric's label. `undefined` where this system has no such value. */
type Values = number | undefined | Readonly<Record<string, number | undefined>>;

/** A metric whose values come from a collection. */
export interface Definition<Source> {
  readonly name: string;
  readonly help: string;
  readonly type: "Counter" | "Gauge";
  /** The metric's own label, in addition to `class`. Its values are a closed list. */
  readonly label?: string;
  /** How prom-client aggregates the values of a cluster's workers. Default: the sum. */
  readonly aggregator?: "max";
  readonly read: (source: Source) => Values;
}

export const CLASS_METRICS: readonly Definition<ClassSnapshot>[] = [
  {
    name: "connections",
    help: "Live connections by what they are doing. hijacked: handed over by an upgrade, such as to a WebSocket.",
    type: "Gauge",
    label: "state",
    read: ({ connections }) => connections,
  },
  {
    name: "connections_opened_total",
    help: "Connections that the servers have accepted since their metrics were registered.",
    type: "Counter",
    read: ({ opened }) => opened,
  },
  {
    name: "connections_closed_total",
    help: "Connections that have ended, by the reason that this side could find out.",
    type: "Counter",
    label: "reason",
    read: ({ closed }) => closed,
  },
  // Not one metric with a label "quantile": promtool accepts that label only on a Summary.
  ...(["p50", "p90", "p99"] as const).map((quantile): Definition<ClassSnapshot> => ({
    name: `tcp_rtt_${quantile}_seconds`,
    help:
      `The ${quantile} of the smoothed round-trip times of the live connections. ` +
      "It can't be aggregated over processes: use tcp_rtt_seconds for that.",
    type: "Gauge",
    aggregator: "max",
    read: ({ rttQuantiles }) => rttQuantiles?.[quantile],
  })),
  {
    name: "tcp_sent_segments_total",
    help: "TCP segments with data that were sent, retransmissions included.",
    type: "Counter",
    read: (metrics) => metrics.tcp("sentSegments"),
  },
  {
    name: "tcp_retransmitted_segments_total",
    help: "TCP segments that were retransmitted, those without data (SYN, FIN) included.",
    type: "Counter",
    read: (metrics) => metrics.tcp("retransmittedSegments"),
  },
  {
    name: "tcp_spurious_retransmitted_segments_total",
    help: "Retransmitted TCP segments that the client reported to have received twice (DSACK).",
    type: "Counter",
    read: (metrics) => metrics.tcp("spuriousSegments"),
  },
  {
    name: "tcp_bytes_total",
    help: "Bytes of TCP payload, under TLS encrypted ones. sent: retransmissions included. received: without duplicates.",
    type: "Counter",
    label: "direction",
    read: (metrics) => ({ sent: metrics.tcp("sentBytes"), received: metrics.tcp("receivedBytes") }),
  },
  {
    name: "tcp_retransmitted_bytes_total",
    help: "Bytes of TCP payload that were retransmitted.",
    type: "Counter",
    read: (metrics) => metrics.tcp("retransmittedBytes"),
  },
  {
    name: "tcp_limited_seconds_total",
    help:
      "Time in which connections had data to send, by what limited them. " +
      "receiver: the client's receive window. send_buffer: this side's send buffer. network: the path.",
    type: "Counter",
    label: "by",
    read: (metrics) => ({
      network: metrics.tcp("networkLimitedSeconds"),
      receiver: metrics.tcp("receiverLimitedSeconds"),
      send_buffer: metrics.tcp("sendBufferLimitedSeconds"),
    }),
  },
  {
    name: "tcp_unsent_bytes",
    help: "Bytes that wait in the kernel to be sent for the first time, on all live connections. Without Node's buffers.",
    type: "Gauge",
    read: ({ unsentBytes }) => unsentBytes,
  },
  {
    name: "tcp_unacknowledged_bytes",
    help: "Bytes that were sent and not yet acknowledged, on all live connections: sent - retransmitted - acknowledged.",
    type: "Gauge",
    read: ({ unacknowledgedBytes }) => unacknowledgedBytes,
  },
];

/** The aggregator is "max", because workers that share a listening socket each report its whole queue. */
export const LISTENER_METRICS: readonly Definition<ListenerSnapshot>[] = [
  {
    name: "accept_queue_length",
    help: "Connections that wait to be accepted, on all listening servers of this process.",
    type: "Gauge",
    aggregator: "max",
    read: ({ queueLength }) => queueLength,
  },
  {
    name: "accept_queue_limit",
    help: "The limits of the accept queues, on all listening servers of this process. A queue holds one more.",
    type: "Gauge",
    aggregator: "max",
    read: ({ queueLimit }) => queueLimit,
  },
  {
    name: "accept_dropped_syns_total",
    help:
      "SYNs that the listening servers have dropped, mostly because the accept queue was full. Each retry counts. " +
      "So do stray resets, which come after the end of their connection.",
    type: "Counter",
    aggregator: "max",
    read: ({ droppedSyns }) => droppedSyns,
  },
];

/** A metric that takes samples of single connections, with the boundaries of all systems. */
export interface HistogramDefinition {
  readonly name: string;
  readonly help: string;
}

const SAMPLED = "one sample when a connection closes, and one a minute while it lives.";

export const HISTOGRAMS: Readonly<Record<SampleName, HistogramDefinition>> = {
  durationSeconds: {
    name: "connection_duration_seconds",
    help: "How long connections lived. One sample when a connection closes.",
  },
  requests: {
    name: "connection_requests",
    help: "Requests on a connection, those included that its end aborted. One sample when a connection closes.",
  },
  rttSeconds: {
    name: "tcp_rtt_seconds",
    help: `Smoothed round-trip time: ${SAMPLED}`,
  },
  minRttSeconds: {
    name: "tcp_min_rtt_seconds",
    help: `Least round-trip time of the last minutes: ${SAMPLED}`,
  },
  queueingSeconds: {
    name: "tcp_queueing_seconds",
    help: `Smoothed round-trip time less the least one, which is the time in queues of the path: ${SAMPLED}`,
  },
};
