// Where the time between two readings of TCP_INFO went.
import { growthOfMicroseconds } from "../tcp-info/counter-growth";
import type { TcpInfo } from "../tcp-info/types";
import type { TcpTimeShares } from "./types";

type BusyTimes = {
  readonly busyTimeMs?: number | undefined;
  readonly rwndLimitedTimeMs?: number | undefined;
  readonly sndbufLimitedTimeMs?: number | undefined;
};

const SINCE_BEGIN: Required<BusyTimes> = { busyTimeMs: 0, rwndLimitedTimeMs: 0, sndbufLimitedTimeMs: 0 };

/**
 * The four shares of the interval between two readings. `undefined` if a reading lacks the kernel's busy times, if one
 * of these went backwards, and for MPTCP, whose readings describe only the first of its paths.
 *
 * @param before - The earlier reading. `undefined` stands for the beginning of the connection.
 */
export function timeShares(before: TcpInfo | undefined, after: TcpInfo, intervalMs: number): TcpTimeShares | undefined {
  if (after.platform === "darwin" || before?.platform === "darwin" || after.isMptcp) return undefined;
  return sharesOf(before ?? SINCE_BEGIN, after, intervalMs);
}

/**
 * The kernel counts in ticks of up to 10 ms and reads its clock at another moment than the caller, so busy times may
 * exceed the interval a little. They are cut to it.
 */
export function sharesOf(before: BusyTimes, after: BusyTimes, intervalMs: number): TcpTimeShares | undefined {
  const busyMs = growthOfMicroseconds(before.busyTimeMs, after.busyTimeMs);
  const rwndMs = growthOfMicroseconds(before.rwndLimitedTimeMs, after.rwndLimitedTimeMs);
  const sndbufMs = growthOfMicroseconds(before.sndbufLimitedTimeMs, after.sndbufLimitedTimeMs);
  if (busyMs === undefined || rwndMs === undefined || sndbufMs === undefined) return undefined;
  const busy = Math.min(busyMs, intervalMs);
  const receiverMs = Math.min(rwndMs, busy);
  const sendBufferMs = Math.min(sndbufMs, busy - receiverMs);
  return {
    applicationMs: toMicroseconds(intervalMs - busy),
    receiverMs: toMicroseconds(receiverMs),
    sendBufferMs: toMicroseconds(sendBufferMs),
    networkMs: toMicroseconds(busy - receiverMs - sendBufferMs),
  };
}

/** Whole microseconds, the kernel's resolution: a difference of doubles has more digits. */
function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
