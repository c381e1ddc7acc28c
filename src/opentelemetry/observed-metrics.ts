// The metrics that a collection reads: their names, units by UCUM, descriptions and values. docs/opentelemetry.md has
// the same table.
import type { Attributes } from "@opentelemetry/api";
import type { CloseReason } from "../connections";
import { type ClassSnapshot, CLOSE_REASONS, type ListenerSnapshot, LIVE_STATES } from "../metrics";

/** A value of `undefined` is not exported: this system lacks it, or it is not known now. */
type Point = readonly [value: number | undefined, attributes?: Attributes];

export interface ObservedMetric<Source> {
  /** The method of the meter that creates its instrument. */
  readonly create: "createObservableCounter" | "createObservableGauge" | "createObservableUpDownCounter";
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly points: (source: Source) => readonly Point[];
}

/** The orderly ends, which are no errors. */
const ORDERLY: ReadonlySet<CloseReason> = new Set(["client-end", "server-end", "server-destroy"]);

const RTT_QUANTILES = [
  ["p50", "Median"],
  ["p90", "90th percentile"],
  ["p99", "99th percentile"],
] as const;

export const CLASS_METRICS: readonly ObservedMetric<ClassSnapshot>[] = [
  {
    create: "createObservableUpDownCounter",
    name: "sockinfo.connection.count",
    unit: "{connection}",
    description: "Live connections by state",
    points: ({ connections }) =>
      LIVE_STATES.map((state) => [connections[state], { "network.connection.state": state }]),
  },
  {
    create: "createObservableCounter",
    name: "sockinfo.connection.opened",
    unit: "{connection}",
    description: "Connections that were accepted",
    points: ({ opened }) => [[opened]],
  },
  {
    create: "createObservableCounter",
    name: "sockinfo.connection.closed",
    unit: "{connection}",
    description: "Connections that have ended, by reason",
    points: ({ closed }) => CLOSE_REASONS.map((reason) => [closed[reason], reasonAttributes(reason)]),
  },
  ...RTT_QUANTILES.map(([quantile, word]): ObservedMetric<ClassSnapshot> => ({
    create: "createObservableGauge",
    name: `sockinfo.tcp.rtt.${quantile}`,
    unit: "s",
    description: `${word} of the smoothed round-trip times of the live connections. Do not add up processes`,
    points: ({ rttQuantiles }) => [[rttQuantiles?.[quantile]]],
  })),
  {
    create: "createObservableCounter",
    name: "sockinfo.tcp.segments.sent",
    unit: "{segment}",
    description: "Segments with data that were sent, retransmitted ones included",
    points: (one) => [[one.tcp("sentSegments")]],
  },
  {
    create: "createObservableCounter",
    name: "sockinfo.tcp.segments.retransmitted",
    unit: "{segment}",
    description: "Segments that were sent again",
    points: (one) => [[one.tcp("retransmittedSegments")]],
  },
  {
    create: "createObservableCounter",
    name: "sockinfo.tcp.segments.spurious",
    unit: "{segment}",
    description: "Segments that were sent again without need, by the clients' duplicate SACKs",
    points: (one) => [[one.tcp("spuriousSegments")]],
  },
  {
    create: "createObservableCounter",
    name: "sockinfo.tcp.io",
    unit: "By",
    description: "Bytes of payload that were sent (retransmitted ones included) and received",
    points: (one) => [
      [one.tcp("sentBytes"), { "network.io.direction": "transmit" }],
      [one.tcp("receivedBytes"), { "network.io.direction": "receive" }],
    ],
  },
  {
    create: "createObservableCounter",
    name: "sockinfo.tcp.retransmitted.bytes",
    unit: "By",
    description: "Bytes of payload that were sent again",
    points: (one) => [[one.tcp("retransmittedBytes")]],
  },
  {
    create: "createObservableCounter",
    name: "sockinfo.tcp.limited",
    unit: "s",
    description: "Time in which the network, the receiver or the send buffer held data back, over all connections",
    points: (one) => [
      [one.tcp("networkLimitedSeconds"), { "sockinfo.tcp.limited_by": "network" }],
      [one.tcp("receiverLimitedSeconds"), { "sockinfo.tcp.limited_by": "receiver" }],
      [one.tcp("sendBufferLimitedSeconds"), { "sockinfo.tcp.limited_by": "send_buffer" }],
    ],
  },
  {
    create: "createObservableUpDownCounter",
    name: "sockinfo.tcp.unsent",
    unit: "By",
    description: "Bytes in the kernel's buffers that were not sent yet",
    points: ({ unsentBytes }) => [[unsentBytes]],
  },
  {
    create: "createObservableUpDownCounter",
    name: "sockinfo.tcp.unacknowledged",
    unit: "By",
    description: "Bytes that were sent and that the clients have not acknowledged yet",
    points: ({ unacknowledgedBytes }) => [[unacknowledgedBytes]],
  },
];

export const LISTENER_METRICS: readonly ObservedMetric<ListenerSnapshot>[] = [
  {
    // Not a sum: the processes of a cluster may share one queue.
    create: "createObservableGauge",
    name: "sockinfo.accept_queue.length",
    unit: "{connection}",
    description: "Connections that wait for the process to accept them",
    points: ({ queueLength }) => [[queueLength]],
  },
  {
    create: "createObservableGauge",
    name: "sockinfo.accept_queue.limit",
    unit: "{connection}",
    description: "The limit of the accept queues. A full one holds one connection more",
    points: ({ queueLimit }) => [[queueLimit]],
  },
  {
    create: "createObservableCounter",
    name: "sockinfo.accept_queue.dropped_syns",
    unit: "{segment}",
    description: "SYNs that the listeners dropped, mostly because the accept queue was full",
    points: ({ droppedSyns }) => [[droppedSyns]],
  },
];

function reasonAttributes(reason: CloseReason): Attributes {
  const attributes = { "sockinfo.connection.close_reason": reason };
  return ORDERLY.has(reason) ? attributes : { ...attributes, "error.type": reason };
}
