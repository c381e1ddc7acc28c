// `npm run test:soak`: memory and descriptors must stay the same over millions of calls. `--calls N` for another number
// than 5 million of each, `--only text` for the cases whose name has the text.
import { readdirSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { parseArgs } from "node:util";
import { soakCases } from "./cases.mts";
import { withConnections } from "./connections.mts";

const MIB = 1024 * 1024;
/** What may be added after the first fifth of the calls: over 4 million calls, 2 bytes for each. */
const MAX_GROWTH = 8 * MIB;
/** Of the heap of JavaScript, whose size after a collection is exact. */
const MAX_HEAP_GROWTH = MIB;
const SAMPLES = 20;
const OPEN_DESCRIPTORS = process.platform === "linux" ? "/proc/self/fd" : "/dev/fd";

/** Results go here, so that none is optimized away. */
const kept: { result: unknown } = { result: undefined };

const { values: options } = parseArgs({
  options: { calls: { type: "string", default: "5000000" }, only: { type: "string", default: "" } },
});
const calls = Number(options.calls);
if (!Number.isSafeInteger(calls) || calls < SAMPLES) throw new Error(`--calls: an integer of at least ${SAMPLES}`);
const { gc } = globalThis;
if (!gc) throw new Error("run it by `npm run test:soak`: it needs node --expose-gc");

await withConnections(async (connections) => {
  for (const [name, call] of Object.entries(soakCases(connections))) {
    if (name.includes(options.only)) await soak(name, call, gc);
  }
});

async function soak(name: string, call: () => unknown, collect: () => void): Promise<void> {
  const perSample = Math.ceil(calls / SAMPLES);
  repeat(call, Math.ceil(perSample / 10));
  const descriptors = readdirSync(OPEN_DESCRIPTORS).length;
  const start = performance.now();
  const outside: number[] = [];
  const heap: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    repeat(call, perSample);
    // What waits for the event loop, as finalizers do, has its turn too.
    await setImmediate();
    collect();
    const { rss, heapTotal, heapUsed } = process.memoryUsage();
    // The room that V8 keeps for its heap comes and goes by megabytes: what is in use of it is counted apart.
    outside.push(rss - heapTotal);
    heap.push(heapUsed);
  }
  const seconds = (performance.now() - start) / 1000;

  const growth = growthOf(outside);
  const heapGrowth = growthOf(heap);
  const moreDescriptors = readdirSync(OPEN_DESCRIPTORS).length - descriptors;
  const passed = growth < MAX_GROWTH && heapGrowth < MAX_HEAP_GROWTH && moreDescriptors === 0;
  if (!passed) process.exitCode = 1;
  const memory = `resident ${inMib(growth)} MiB more, heap ${inMib(heapGrowth)} MiB more`;
  console.log(
    `${passed ? "ok  " : "FAIL"} ${name.padEnd(40)} ${memory}, ` +
      `${moreDescriptors} descriptors more, ${seconds.toFixed(1)} s`,
  );
}

/** From the least after the first fifth: memory that is given back late must not hide what is taken. */
function growthOf(sizes: readonly number[]): number {
  return (sizes.at(-1) as number) - Math.min(...sizes.slice(SAMPLES / 5 - 1));
}

function inMib(bytes: number): string {
  return (bytes / MIB).toFixed(2).padStart(5);
}

function repeat(call: () => unknown, count: number): void {
  for (let i = 0; i < count; i++) kept.result = call();
}
