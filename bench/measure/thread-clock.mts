// The clock of all measured calls. process.threadCpuUsage() would do, but Node 20 does not have it.
import { native } from "../native/load.mts";

/**
 * clock_gettime(CLOCK_THREAD_CPUTIME_ID): the nanoseconds of CPU time that this thread has used. It stands still while
 * another program has the processor.
 */
export const threadCpuNs = native["threadCpuNs"] as () => number;
