// Soaks one function by millions of calls. They may leave no memory and no descriptor.
import { setImmediate } from "node:timers/promises";
import { collect, countDescriptors, MemorySamples, report, SAMPLES } from "./memory.mts";

/** Results go here, so that V8 cannot optimize the calls away. */
const kept: { result: unknown } = { result: undefined };

/**
 * Some results have memory outside of the heap. A collection and a turn of the event loop free it, so both must come
 * often.
 */
const CALLS_PER_TURN = 5000;

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
    if (i % CALLS_PER_TURN > 0) continue;
    collect();
    await setImmediate();
  }
}
