// Millions of calls of one function: none may leave memory or a descriptor behind.
import { setImmediate } from "node:timers/promises";
import { collect, countDescriptors, MemorySamples, report, SAMPLES } from "./memory.mts";

/** Results go here, so that none is optimized away. */
const kept: { result: unknown } = { result: undefined };

/** What has to be collected, and then waits for the event loop to be finalized, has memory outside of the heap: it must not pile up. */
const CALLS_IN_A_TURN = 5000;

export async function soakCalls(name: string, call: () => unknown, calls: number): Promise<void> {
  const perSample = Math.ceil(calls / SAMPLES);
  await repeat(call, Math.ceil(perSample / 10));
  const descriptors = countDescriptors();
  const start = performance.now();
  const memory = new MemorySamples();
  for (let sample = 0; sample < SAMPLES; sample++) {
    await repeat(call, perSample);
    await memory.take();
  }
  const moreDescriptors = countDescriptors() - descriptors;
  report(
    memory.isFlat && moreDescriptors === 0,
    name,
    `${memory.describe()}, ${moreDescriptors} descriptors more`,
    start,
  );
}

async function repeat(call: () => unknown, count: number): Promise<void> {
  for (let i = 1; i <= count; i++) {
    kept.result = call();
    if (i % CALLS_IN_A_TURN > 0) continue;
    collect();
    await setImmediate();
  }
}
