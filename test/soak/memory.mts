// Memory and descriptors of this process during the soak.
import { readdirSync } from "node:fs";
import { setImmediate } from "node:timers/promises";

const MIB = 1024 * 1024;
/** The most that may be added after the first fifth of the samples: 2 bytes per call for 4 million calls. */
const MAX_GROWTH = 8 * MIB;
/** For the JavaScript heap, whose size after a collection is exact. */
const MAX_HEAP_GROWTH = MIB;
const OPEN_DESCRIPTORS = process.platform === "linux" ? "/proc/self/fd" : "/dev/fd";

export const SAMPLES = 20;

export class MemorySamples {
  readonly #outside: number[] = [];
  readonly #heap: number[] = [];

  async take(): Promise<void> {
    // Finalizers need a turn of the event loop.
    await setImmediate();
    collect();
    const { rss, heapTotal, heapUsed } = process.memoryUsage();
    // The memory that V8 reserves for its heap comes and goes by megabytes, so only its used part is counted,
    // separately.
    this.#outside.push(rss - heapTotal);
    this.#heap.push(heapUsed);
  }

  get isFlat(): boolean {
    return this.#growthOutside < MAX_GROWTH && this.isHeapFlat;
  }

  /**
   * The lesser growth of the last two samples. Memory that V8 frees leaves `heapTotal` a moment before it leaves the
   * resident set.
   */
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
  if (!gc) throw new Error("run this by `npm run test:soak`, because it needs node --expose-gc");
  gc();
}

export function countDescriptors(): number {
  return readdirSync(OPEN_DESCRIPTORS).length;
}

/** Prints one line. After a failure the soak goes on, and fails at its end. */
export function report(passed: boolean, name: string, findings: string, start?: number): void {
  if (!passed) process.exitCode = 1;
  const seconds = start === undefined ? "" : `, ${((performance.now() - start) / 1000).toFixed(1)} s`;
  console.log(`${passed ? "ok  " : "FAIL"} ${name.padEnd(40)} ${findings}${seconds}`);
}

/** Measured from the least sample after the first fifth, so that memory freed late does not hide growth. */
function growthOf(sizes: readonly number[]): number {
  return (sizes.at(-1) as number) - Math.min(...sizes.slice(SAMPLES / 5 - 1));
}

function inMib(bytes: number): string {
  return (bytes / MIB).toFixed(2).padStart(5);
}
