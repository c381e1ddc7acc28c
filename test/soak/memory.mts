// Memory and descriptors of this process, sampled as the soak goes on.
import { readdirSync } from "node:fs";
import { setImmediate } from "node:timers/promises";

const MIB = 1024 * 1024;
/** What may be added after the first fifth of the samples: over 4 million calls, 2 bytes for each. */
const MAX_GROWTH = 8 * MIB;
/** Of the heap of JavaScript, whose size after a collection is exact. */
const MAX_HEAP_GROWTH = MIB;
const OPEN_DESCRIPTORS = process.platform === "linux" ? "/proc/self/fd" : "/dev/fd";

export const SAMPLES = 20;

export class MemorySamples {
  readonly #outside: number[] = [];
  readonly #heap: number[] = [];

  async take(): Promise<void> {
    // What waits for the event loop, as finalizers do, has its turn too.
    await setImmediate();
    collect();
    const { rss, heapTotal, heapUsed } = process.memoryUsage();
    // The room that V8 keeps for its heap comes and goes by megabytes: what is in use of it is counted apart.
    this.#outside.push(rss - heapTotal);
    this.#heap.push(heapUsed);
  }

  get isFlat(): boolean {
    return this.#growthOutside < MAX_GROWTH && this.isHeapFlat;
  }

  /** To the lesser of the last two: what V8 gives back is missing from `heapTotal` for a moment in which it is still resident. */
  get #growthOutside(): number {
    return Math.min(growthOf(this.#outside), growthOf(this.#outside.slice(0, -1)));
  }

  get isHeapFlat(): boolean {
    return growthOf(this.#heap) < MAX_HEAP_GROWTH;
  }

  describe(): string {
    return `resident ${inMib(this.#growthOutside)} MiB more, heap ${inMib(growthOf(this.#heap))} MiB more`;
  }
}

export function collect(): void {
  const { gc } = globalThis;
  if (!gc) throw new Error("run it by `npm run test:soak`: it needs node --expose-gc");
  gc();
}

export function countDescriptors(): number {
  return readdirSync(OPEN_DESCRIPTORS).length;
}

/** One line; a failure fails the soak, which goes on. */
export function report(passed: boolean, name: string, findings: string, start?: number): void {
  if (!passed) process.exitCode = 1;
  const seconds = start === undefined ? "" : `, ${((performance.now() - start) / 1000).toFixed(1)} s`;
  console.log(`${passed ? "ok  " : "FAIL"} ${name.padEnd(40)} ${findings}${seconds}`);
}

/** From the least after the first fifth: memory that is given back late must not hide what is taken. */
function growthOf(sizes: readonly number[]): number {
  return (sizes.at(-1) as number) - Math.min(...sizes.slice(SAMPLES / 5 - 1));
}

function inMib(bytes: number): string {
  return (bytes / MIB).toFixed(2).padStart(5);
}
