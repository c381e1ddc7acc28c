// Measures what each of so many live connections costs. It is a process of its own, because its limit of descriptors
// may have to be raised, and because its memory is measured.
import { getTcpInfoBatch } from "sockinfo";
import { trackConnections, watchHealth, type ConnectionTracker } from "sockinfo/connections";
import { fdOfSocket, loopTcpInfo } from "../compared/c-loop.mts";
import { captureLook } from "../connections/health-look.mts";
import { type ManyConnections, withManyConnections } from "../connections/many-connections.mts";
import type { Variant } from "../measure/interleave.mts";
import { kept } from "../measure/kept.mts";
import { threadCpuNs } from "../measure/thread-clock.mts";

/** The answer to the parent when all connections are open. */
export interface Opened {
  readonly connections: number;
  /** For each connection. */
  readonly memoryBytes: number;
  /** What the parent can ask for. */
  readonly measures: readonly string[];
}

/** What the parent asks for, with a count of calls. The answer is the nanoseconds of CPU time for each connection. */
export type GrowthQuestion = readonly [measure: string, calls: number];

type Tracked = ManyConnections & { readonly tracker: ConnectionTracker<undefined> };

/** What reads all connections of a tracker, however many they are, in one call. */
const READS: Readonly<Record<string, (tracked: Tracked) => () => unknown>> = {
  "getTcpInfoBatch(sockets)":
    ({ sockets }) =>
    () =>
      getTcpInfoBatch(sockets),
  "takeSnapshot(tracker)":
    ({ tracker }) =>
    () =>
      tracker.takeSnapshot(),
  "a look of watchHealth": ({ tracker }) => captureLook(() => watchHealth(tracker)),
};

const FIRST_CONNECTIONS = 500;

const [wanted, isTracked] = [Number(process.argv[2]), process.argv[3] === "tracked"];
process.on("disconnect", () => process.exit());

// The first connections make Node and V8 load, allocate and optimize what later ones use.
await withManyConnections(10, ({ openAndClose }) => openAndClose(FIRST_CONNECTIONS), {
  prepare: (server) => isTracked && trackConnections(server),
});

let tracker: ConnectionTracker<undefined> | undefined;
let before = NaN;
await withManyConnections(wanted, answerQuestions, {
  prepare: (server) => {
    if (isTracked) tracker = trackConnections(server);
    before = usedMemory();
  },
});

/** Until the parent ends this process. */
function answerQuestions(many: ManyConnections): Promise<never> {
  const connections = many.sockets.length;
  const variants: Readonly<Record<string, Variant>> = {
    ...(tracker && readVariants({ ...many, tracker })),
    "a new connection": (count) => cpuTimeOf(() => many.openAndClose(count), count),
  };
  process.on("message", ([measure, calls]: GrowthQuestion) => {
    void Promise.resolve(variants[measure]?.(calls)).then((nanoseconds) => process.send?.(nanoseconds));
  });
  const memoryBytes = (usedMemory() - before) / connections;
  process.send?.({ connections, memoryBytes, measures: Object.keys(variants) } satisfies Opened);
  return new Promise(() => {});
}

function readVariants(tracked: Tracked): Record<string, Variant> {
  const count = tracked.sockets.length;
  const fds = Int32Array.from(tracked.sockets, fdOfSocket);
  const variants: Record<string, Variant> = { "C loop: TCP_INFO": (calls) => loopTcpInfo(fds, Math.max(calls, count)) };
  for (const [name, prepare] of Object.entries(READS)) {
    const read = prepare(tracked);
    variants[name] = (calls) => {
      const times = Math.ceil(calls / count);
      return cpuTimeOf(() => repeat(read, times), times * count);
    };
  }
  return variants;
}

async function repeat(read: () => unknown, times: number): Promise<void> {
  for (let time = 0; time < times; time++) kept.result = await read();
}

async function cpuTimeOf(run: () => Promise<void>, count: number): Promise<number> {
  const start = threadCpuNs();
  await run();
  return (threadCpuNs() - start) / count;
}

/** The heap, and the memory outside of it that its objects keep, after a collection. */
function usedMemory(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
