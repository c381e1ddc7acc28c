// Whether losses limit the speed.
import type { Facts } from "./facts";
import { THRESHOLDS } from "./thresholds";

/**
 * Compares the goodput with what loss-based congestion control reaches at this loss and round trip: 1.22 · MSS ÷
 * (RTT · √loss), by Mathis, Semke, Mahdavi and Ott (1997). `undefined` without loss, and between the two thresholds.
 */
export function lossLimitsSpeed({
  now,
  lost,
  lossRatio,
  ackedBytes,
  goodputBytesPerSecond,
}: Facts): boolean | undefined {
  const { rttMs, sndMssBytes } = now;
  if (lost === 0 || lossRatio === 0 || !ackedBytes || !rttMs || !sndMssBytes) return undefined;
  const reachable = (1.22 * sndMssBytes * 1000) / (rttMs * Math.sqrt(lossRatio));
  const times = goodputBytesPerSecond / reachable;
  if (times <= THRESHOLDS.lossLimits) return true;
  return times >= THRESHOLDS.lossIsFree ? false : undefined;
}
