// The rows of compared servers: how much each served per second, and how much CPU time it took.
import type { Scenario, Slices } from "../connections/compare-servers.mts";
import type { Slice } from "../connections/server-process.mts";
import type { ServerSampleSize } from "../measure/sample-size.mts";
import { ratioRow, valueRow, type Limit, type Row } from "./section.mts";

const METRICS = {
  rate: {
    title: (counted: string) => `${counted}s per second`,
    unit: "/s",
    valueOf: (slice: Slice) => slice.answersPerSecond,
  },
  cpuTime: {
    title: (counted: string) => `server's CPU time per ${counted}`,
    unit: "ns",
    valueOf: (slice: Slice) => slice.cpuNsPerAnswer,
  },
} as const;

type Metric = keyof typeof METRICS;

/** Limits of the ratios to the first server, by the name of the server. Rates have none: noise decides them. */
export type ServerLimits = Readonly<Record<string, { readonly cpuTime?: Limit }>>;

interface Comparison {
  readonly metric: Metric;
  readonly server: string;
  /** The server that it is compared with. */
  readonly base: string;
  readonly limit?: Limit | undefined;
}

/** Compares every server with the first one. */
export function sliceRows(scenario: Scenario, slices: Slices, limits: ServerLimits = {}): Row[] {
  const servers = Object.keys(slices);
  const [base = ""] = servers;
  return [
    ...servers.map((server) => sliceRow(scenario, slices, { metric: "rate", server, base })),
    ...servers.map((server) =>
      sliceRow(scenario, slices, { metric: "cpuTime", server, base, limit: limits[server]?.cpuTime }),
    ),
  ];
}

export function sliceRow({ name, counted }: Scenario, slices: Slices, comparison: Comparison): Row {
  const { metric, server, base, limit } = comparison;
  const { title, unit, valueOf } = METRICS[metric];
  const what = `${name}: ${title(counted)} ${server}`;
  const samplesOf = (of: string): number[] => slices[of]?.map(valueOf) ?? [];
  if (server === base) return valueRow(what, samplesOf(server), unit);
  return ratioRow(what, samplesOf(server), { name: base, samples: samplesOf(base) }, { unit, limit });
}

/** A sentence for the text above the table. */
export function describeSlices({ runs, rounds, sliceMs, connections }: ServerSampleSize): string {
  return `${runs} × new processes, ${rounds} rounds each, ${sliceMs} ms per server and round, ${connections} clients.`;
}
