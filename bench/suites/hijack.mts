// The share of its requests per second that a server keeps when its connections may be hijacked and none is; and the cost of a
// hijacked connection, beside one that Node gives away by its 'upgrade' event.
import { join } from "node:path";
import type { Enabled, Handler } from "../children/hijack-server.mts";
import { connectTcp, echoLanes, keepAliveLanes } from "../connections/lanes.mts";
import { takeTurns, type Way } from "../connections/take-turns.mts";
import type { Effort } from "../measure/effort.mts";
import type { Row, Section } from "../report/section.mts";
import { turnRows } from "../report/turn-rows.mts";

const CHILD = join(import.meta.dirname, "../children/hijack-server.mts");
const LEAST_RATE = 0.98;
const MOST_CPU = 2;

type Kind = readonly [Handler, Enabled];

interface Comparison extends Way {
  readonly unit: string;
  /** The second, which is the same as the first, shows the noise. */
  readonly kinds: Readonly<Record<string, Kind>>;
}

const ENABLED = "with enableHijack";
const EARLY = "by hijack()";

const COMPARISONS: readonly Comparison[] = [
  { name: "sync handler", kinds: serversThat("answer"), ...keepAlive() },
  {
    name: "async handler",
    kinds: serversThat("answer-late"),
    ...keepAlive(),
  },
  {
    name: "given away",
    unit: "connection",
    kinds: {
      "by 'upgrade'": ["upgrade", "no"],
      "by 'upgrade', again": ["upgrade", "no"],
      [EARLY]: ["hijack", "yes"],
    },
    open: (port, count) => echoLanes(connectTcp, port, count),
  },
];

function serversThat(handler: Handler): Readonly<Record<string, Kind>> {
  return {
    "without enableHijack": [handler, "no"],
    "without enableHijack, again": [handler, "no"],
    [ENABLED]: [handler, "yes"],
  };
}

function keepAlive(): Pick<Comparison, "unit" | "open"> {
  return {
    unit: "request",
    open: (port, count) => keepAliveLanes(connectTcp, port, count),
  };
}

export async function hijackCost({ hijack: effort }: Effort): Promise<Section> {
  const rows: Row[] = [];
  for (const comparison of COMPARISONS) {
    const { name, unit, kinds } = comparison;
    const [turns = {}] = await takeTurns(CHILD, kinds, [comparison], effort);
    rows.push(
      ...turnRows(turns, {
        way: name,
        unit,
        limitOf: (kind) => (kind === ENABLED ? LEAST_RATE : undefined),
        cpuLimitOf: (kind) => (kind === EARLY ? MOST_CPU : undefined),
      }),
    );
  }
  const { generations, rounds, turnMs, connections } = effort;
  return {
    title: "hijack: keep-alive connections of which none is hijacked, and new ones that leave HTTP",
    rows,
    notes: [
      `Hijacking: ${generations} times new processes for all servers, ${rounds} rounds of turns of ${turnMs} ms in each, ` +
        `${connections} connections at a time; the load is a process, too. The ratios are of turns in the same round; ` +
        "what the second server of the first kind gets is the noise.",
    ],
  };
}
