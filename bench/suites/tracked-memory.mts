// What memory a tracker takes for each live connection, beyond what Node does: servers in processes of their own, with many
// keep-alive connections that have made one request each.
import { join } from "node:path";
import type { Memory } from "../children/report-usage.mts";
import type { Tracking } from "../children/tracked-server.mts";
import { connectTcp, keepAliveLanes } from "../connections/lanes.mts";
import { Served } from "../connections/served.mts";
import type { Effort } from "../measure/effort.mts";
import { spread } from "../measure/statistics.mts";
import type { Row, Section } from "../report/section.mts";

const CHILD = join(import.meta.dirname, "../children/tracked-server.mts");
const LIMIT_BYTES = 1024;
/** Fewer than fit into the backlog of the server. */
const OPENED_AT_A_TIME = 500;

const KINDS: Readonly<Record<string, Tracking>> = {
  "with a tracker": "tracker",
  "with a tracker and a context of two fields": "context",
};

export async function trackedMemory({ memory: { times, connections } }: Effort): Promise<Section> {
  const perConnection: Record<string, Memory[]> = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, []]));
  const without: Memory[] = [];
  for (let time = 0; time < times; time++) {
    const node = await memoryPerConnection("none", connections);
    without.push(node);
    for (const [kind, tracking] of Object.entries(KINDS)) {
      perConnection[kind]?.push(less(await memoryPerConnection(tracking, connections), node));
    }
  }
  const kinds = Object.entries(perConnection);
  return {
    title: `trackConnections: bytes for each of ${connections.toLocaleString("en")} live connections`,
    rows: [
      row("heap, without a tracker", without.map(inJavaScript)),
      ...kinds.map(([kind, bytes]) => limited(row(`more heap ${kind}`, bytes.map(inJavaScript)))),
      row(
        "resident, without a tracker",
        without.map(({ resident }) => resident),
      ),
      ...kinds.map(([kind, bytes]) =>
        row(
          `more resident ${kind}`,
          bytes.map(({ resident }) => resident),
        ),
      ),
    ],
    notes: [
      "Memory: heap is `heapUsed` and `external` after a collection, exact to a few bytes; the resident size, which the system " +
        `counts in pages and V8 takes in larger portions, is not. ${times} times, with new processes.`,
    ],
  };
}

async function memoryPerConnection(tracking: Tracking, count: number): Promise<Memory> {
  const server = await Served.start(CHILD, ["http", tracking]);
  // What the first connections have Node and V8 do once is not theirs.
  const closeFirst = await openAll(server, OPENED_AT_A_TIME);
  const before = await server.memory();
  const closeAll = await openAll(server, count);
  const after = await server.memory();
  closeFirst();
  closeAll();
  server.stop();
  const { heap, external, resident } = less(after, before);
  return { heap: heap / count, external: external / count, resident: resident / count };
}

/** Each makes one request. */
async function openAll(server: Served, count: number): Promise<() => void> {
  const closes: (() => void)[] = [];
  for (let opened = 0; opened < count; opened += OPENED_AT_A_TIME) {
    const { lanes, close } = await keepAliveLanes(
      connectTcp,
      server.address,
      Math.min(OPENED_AT_A_TIME, count - opened),
    );
    await Promise.all(lanes.map((lane) => new Promise<void>((resolve) => lane(resolve))));
    closes.push(close);
  }
  return () => closes.forEach((close) => close());
}

function less(a: Memory, b: Memory): Memory {
  return { heap: a.heap - b.heap, external: a.external - b.external, resident: a.resident - b.resident };
}

function inJavaScript({ heap, external }: Memory): number {
  return heap + external;
}

function row(what: string, bytes: readonly number[]): Row {
  const { p10, median, p90 } = spread(bytes);
  const range = `(${Math.round(p10)}–${Math.round(p90)} B)`;
  return { what, time: `${Math.round(median)} B`, ratio: range, to: "", limit: "", reached: undefined };
}

function limited(of: Row): Row {
  return { ...of, limit: `< ${LIMIT_BYTES} B`, reached: Number.parseFloat(of.time) < LIMIT_BYTES };
}
