// How long the kernel tries before it gives up a connection that no descriptor has.
import { readFileSync } from "node:fs";

/** The kernel's own default, which it takes for 0. */
const DEFAULT_RETRIES = 8;
/** TCP_RTO_MIN and TCP_RTO_MAX of the kernel. */
const MIN_RTO_MS = 200;
const MAX_RTO_MS = 120_000;
/** From this retry on, the kernel's RTO has reached its maximum. */
const LAST_DOUBLING = 9;

/** `net.ipv4.tcp_orphan_retries`, or the default if it can't be read. It may change at any time. */
export function orphanRetries(): number {
  try {
    return Number(readFileSync("/proc/sys/net/ipv4/tcp_orphan_retries", "latin1")) || DEFAULT_RETRIES;
  } catch {
    return DEFAULT_RETRIES;
  }
}

/** The silence that must pass before the kernel gives up: `tcp_model_timeout` in net/ipv4/tcp_timer.c. */
export function leastSilenceMs(retries: number): number {
  const doublings = Math.min(retries, LAST_DOUBLING);
  return (2 ** (doublings + 1) - 1) * MIN_RTO_MS + (retries - doublings) * MAX_RTO_MS;
}
