// The CPU time of another process's main thread, read without its help.
import { readFileSync } from "node:fs";

/**
 * /proc/<pid>/task/<pid>/schedstat: the nanoseconds of CPU time that the main thread has used. They are exact while the
 * thread waits; of a thread that runs, the time since the last timer tick may be missing.
 */
export function readMainThreadCpuNs(pid: number): number {
  const [nanoseconds] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ");
  return Number(nanoseconds);
}
