// How much memory a tracker takes for each live connection, beyond what Node takes. Each connection is kept alive and
// has made one request.
import { join } from "node:path";
import type { Memory } from "../children/listen-and-report.mts";
import type { Tracking } from "../children/tracked-server.mts";
import { connectTcp, openKeepAliveClients } from "../connections/clients.mts";
import { ServerProcess } from "../connections/server-process.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { atMost, valueRow, type Section } from "../report/section.mts";

const PROGRAM = join(import.meta.dirname, "../children/tracked-server.mts");
const LIMIT = atMost(1024);
/** Fewer than fit into the accept queue of the server. */
const OPENED_AT_A_TIME = 500;

/** In bytes. `heap` includes the memory outside of the heap that its objects keep. */
interface PerConnection {
  readonly heap: number;
  readonly resident: number;
}

export async function trackedMemory({ memory: { runs, connections } }: SampleSize): Promise<Section> {
  const [without, tracker, context] = [[], [], []] as [PerConnection[], PerConnection[], PerConnection[]];
  for (let run = 0; run < runs; run++) {
    const node = await memoryPerConnection("none", connections);
    without.push(node);
    tracker.push(subtract(await memoryPerConnection("tracker", connections), node));
    context.push(subtract(await memoryPerConnection("context", connections), node));
  }
  const heap = (samples: readonly PerConnection[]) => samples.map((sample) => sample.heap);
  const resident = (samples: readonly PerConnection[]) => samples.map((sample) => sample.resident);
  return {
    title: "trackConnections: memory per live connection",
    about:
      `${connections.toLocaleString("en")} live connections that have made one request each, ${runs} × new processes. Heap is ` +
      "`heapUsed` and `external` after a collection, exact to a few bytes. Resident is inexact, because the system counts in pages " +
      "and V8 takes larger portions.",
    rows: [
      valueRow("heap without a tracker", heap(without), "bytes"),
      valueRow("heap added by a tracker", heap(tracker), "bytes", LIMIT),
      valueRow("heap added by a tracker with a context of two fields", heap(context), "bytes", LIMIT),
      valueRow("resident without a tracker", resident(without), "bytes"),
      valueRow("resident added by a tracker", resident(tracker), "bytes"),
      valueRow("resident added by a tracker with a context of two fields", resident(context), "bytes"),
    ],
  };
}

async function memoryPerConnection(tracking: Tracking, count: number): Promise<PerConnection> {
  const server = await ServerProcess.start(PROGRAM, ["http", tracking]);
  // The first connections make Node and V8 allocate what is allocated once.
  const closeFirst = await openAll(server, OPENED_AT_A_TIME);
  const before = perConnection(await server.measureMemory(), count);
  const closeAll = await openAll(server, count);
  const after = perConnection(await server.measureMemory(), count);
  closeFirst();
  closeAll();
  server.stop();
  return subtract(after, before);
}

/** Opens connections and makes one request on each. */
async function openAll({ address }: ServerProcess, count: number): Promise<() => void> {
  const closes: (() => void)[] = [];
  for (let opened = 0; opened < count; opened += OPENED_AT_A_TIME) {
    const next = Math.min(OPENED_AT_A_TIME, count - opened);
    const { clients, close } = await openKeepAliveClients(connectTcp, address, next);
    await Promise.all(clients.map((client) => new Promise<void>((resolve) => client(resolve))));
    closes.push(close);
  }
  return () => closes.forEach((close) => close());
}

function perConnection({ heap, external, resident }: Memory, count: number): PerConnection {
  return { heap: (heap + external) / count, resident: resident / count };
}

function subtract(a: PerConnection, b: PerConnection): PerConnection {
  return { heap: a.heap - b.heap, resident: a.resident - b.resident };
}
