// Whether losses limit the speed.
import type { Facts } from "./facts";
import { THRESHOLDS } from "./thresholds";

/**
 * Compares the goodput with what loss-based congestion control reaches at this loss and round trip: 1.22 · MSS ÷
 * (RTT · √loss), by Mathis, Semke, Mahdavi and Ott (1997). `undefined` without loss, between the two thresholds, and
 * where the application or the peer limits the speed as well.
 */
export function lossLimitsSpeed(facts: Facts): boolean | undefined {
  const { now, lost, lossRatio, goodputBytesPerSecond } = facts;
  const { rttMs, sndMssBytes } = now;
  if (lost === 0 || lossRatio === 0 || goodputBytesPerSecond === 0 || !rttMs || !sndMssBytes) return undefined;
  const reachable = (1.22 * sndMssBytes * 1000) / (rttMs * Math.sqrt(lossRatio));
  const times = goodputBytesPerSecond / reachable;
  if (times >= THRESHOLDS.lossIsFree) return false;
  return times <= THRESHOLDS.lossLimits && isUpToThePath(facts) ? true : undefined;
}

function isUpToThePath({ shares, application, receiver, isStarved }: Facts): boolean {
  return shares !== undefined && application < THRESHOLDS.pauses && receiver < THRESHOLDS.receiver && !isStarved;
}
