// How much of struct tcp_info the kernel has filled in. A zero is a value in some structs and an omission in others.
import type { Fill } from "./columns";
import type { LinuxTcpInfo } from "./linux-types";

const CLOSED = 7;
const LISTEN = 10;
const SND_MSS = 16;
const REORDERING = 88;
const SEGS_OUT = 136;
const SEGS_IN = 140;

/** Reads the struct of `length` bytes that begins at byte `at`. */
export function readLinuxFill(u8: Uint8Array, u32: Uint32Array, at: number, length: number): Fill {
  const state = u8[at];
  // Linux never leaves these 0: a listener's reordering, the segment size in every other state.
  const neverZero = state === LISTEN ? REORDERING : SND_MSS;
  const isThere = (field: number) => length >= field + 4;
  const isZero = (field: number) => u32[(at + field) / 4] === 0;
  if (isThere(neverZero) && isZero(neverZero)) return "part";
  // Every connection has received a segment or sent one.
  const isWithoutSegments = state === CLOSED && isThere(SEGS_IN) && isZero(SEGS_OUT) && isZero(SEGS_IN);
  return isWithoutSegments ? "state" : "whole";
}

/** What the layout makes of a zero. */
const ZEROS = new Set<unknown>([0, false, "OPEN", "UNSPECIFIED", "DISABLED", "NOT_SEEN"]);

/** `info` without what the kernel has not filled in. */
export function keepFilled(info: LinuxTcpInfo, fill: Fill): LinuxTcpInfo {
  if (fill === "whole") return info;
  const isFilled = fill === "part" ? isNoZero : () => false;
  const { platform, state, isMptcp } = info;
  const entries = Object.entries(info).map(([name, value]) => [name, isFilled(value) ? (value as unknown) : undefined]);
  return { ...(Object.fromEntries(entries) as LinuxTcpInfo), platform, state, isMptcp };
}

function isNoZero(value: unknown): boolean {
  return !ZEROS.has(value) && !(Array.isArray(value) && value.length === 0);
}
