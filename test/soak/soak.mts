// `npm run test:soak`: memory and descriptors must stay the same over millions of calls. `--calls N` for another number than
// 5 million of each, `--only text` for the cases whose name has the text.
import { readdirSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { parseArgs } from "node:util";
import { soakCases } from "./cases.mts";
import { withConnections } from "./connections.mts";

const MIB = 1024 * 1024;
/** What the process may grow by after the first fifth of the calls: over 4 million calls that is 2 bytes for each. */
const MAX_GROWTH = 8 * MIB;
const SAMPLES = 20;
const OPEN_DESCRIPTORS = process.platform === "linux" ? "/proc/self/fd" : "/dev/fd";

/** Results go here, so that none is optimized away. */
const kept: { result: unknown } = { result: undefined };

const { values: options } = parseArgs({
  options: { calls: { type: "string", default: "5000000" }, only: { type: "string", default: "" } },
});
const calls = Number(options.calls);
if (!Number.isSafeInteger(calls) || calls < SAMPLES)
  throw new Error(`--calls must be an integer of at least ${SAMPLES}`);
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
  const sizes: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    repeat(call, perSample);
    // What waits for the event loop, as finalizers do, has its turn too.
    await setImmediate();
    collect();
    sizes.push(process.memoryUsage.rss());
  }
  const seconds = (performance.now() - start) / 1000;

  const growth = (sizes.at(-1) as number) - (sizes[SAMPLES / 5 - 1] as number);
  const moreDescriptors = readdirSync(OPEN_DESCRIPTORS).length - descriptors;
  const passed = growth < MAX_GROWTH && moreDescriptors === 0;
  if (!passed) process.exitCode = 1;
  console.log(
    `${passed ? "ok  " : "FAIL"} ${name.padEnd(42)} ${(growth / MIB).toFixed(2).padStart(7)} MiB more (of ` +
      `${((sizes.at(-1) as number) / MIB).toFixed(0)}), ${moreDescriptors} descriptors more, ${seconds.toFixed(1)} s`,
  );
}

function repeat(call: () => unknown, count: number): void {
  for (let i = 0; i < count; i++) kept.result = call();
}
