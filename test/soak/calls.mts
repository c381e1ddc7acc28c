// Millions of calls of one function: none may leave memory or a descriptor behind.
import { countDescriptors, MemorySamples, report, SAMPLES } from "./memory.mts";

/** Results go here, so that none is optimized away. */
const kept: { result: unknown } = { result: undefined };

export async function soakCalls(name: string, call: () => unknown, calls: number): Promise<void> {
  const perSample = Math.ceil(calls / SAMPLES);
  repeat(call, Math.ceil(perSample / 10));
  const descriptors = countDescriptors();
  const start = performance.now();
  const memory = new MemorySamples();
  for (let sample = 0; sample < SAMPLES; sample++) {
    repeat(call, perSample);
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

function repeat(call: () => unknown, count: number): void {
  for (let i = 0; i < count; i++) kept.result = call();
}
