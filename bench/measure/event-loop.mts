// How long the event loop is blocked.
import { setImmediate } from "node:timers/promises";
import { threadCpuNs } from "./thread-clock.mts";

export interface Blocks {
  /** The longest time between two turns of the event loop, elapsed. Other programs make it longer. */
  readonly longestMs: number;
  /** The most CPU time of this thread between two turns. */
  readonly longestCpuMs: number;
  readonly tookMs: number;
}

/** Watches the event loop while `work` runs. */
export async function watchEventLoop(work: () => Promise<unknown>): Promise<Blocks> {
  const end = new AbortController();
  const start = performance.now();
  void work().finally(() => end.abort());
  let last = start;
  let lastCpu = threadCpuNs();
  let longestMs = 0;
  let longestCpuMs = 0;
  while (!end.signal.aborted) {
    await setImmediate();
    const [now, nowCpu] = [performance.now(), threadCpuNs()];
    longestMs = Math.max(longestMs, now - last);
    longestCpuMs = Math.max(longestCpuMs, (nowCpu - lastCpu) / 1e6);
    [last, lastCpu] = [now, nowCpu];
  }
  return { longestMs, longestCpuMs, tookMs: last - start };
}
