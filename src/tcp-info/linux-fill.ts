// Finds out how much of struct tcp_info the kernel has filled in, and so whether a zero is a value or an omission.
import { isZero } from "./linux-names";

/**
 * How much of a struct the kernel has filled in:
 *
 * - `"whole"`: all of it. A zero is a value.
 * - `"part"`: an emulated kernel (gVisor) left the rest 0. A zero may be an omission.
 * - `"state"`: the state alone. Linux has reset the socket, as at the end of MPTCP, or the socket was never connected.
 */
export type Fill = "whole" | "part" | "state";

const CLOSED = 7;
const LISTEN = 10;
// Indexes of words of four bytes.
const SND_MSS = 16 / 4;
const REORDERING = 88 / 4;
const SEGS_OUT = 136 / 4;
const SEGS_IN = 140 / 4;

/** Reads the struct of `length` bytes that begins at byte `at`. Each reading calls this, so it has to be fast. */
export function readLinuxFill(u8: Uint8Array, u32: Uint32Array, at: number, length: number): Fill {
  const state = u8[at];
  const first = at / 4;
  // Linux always fills these in: a listener's reordering, and the segment size in every other state.
  const neverZero = state === LISTEN ? REORDERING : SND_MSS;
  if (u32[first + neverZero] === 0 && length >= 4 * (neverZero + 1)) return "part";
  if (state !== CLOSED || length < 4 * (SEGS_IN + 1)) return "whole";
  // Every connection has received a segment or sent one.
  return u32[first + SEGS_OUT] === 0 && u32[first + SEGS_IN] === 0 ? "state" : "whole";
}

/** These properties have a value whatever the kernel has filled in. */
const ALWAYS_FILLED = new Set(["platform", "state", "isMptcp"]);

/** Returns `info`, which has some properties or all, with `undefined` for each that the kernel has not filled in. */
export function keepFilled<T extends object>(info: T, fill: Fill): T {
  if (fill === "whole") return info;
  const isKept = (name: string, value: unknown) => ALWAYS_FILLED.has(name) || (fill === "part" && !isZero(value));
  const entries = Object.entries(info).map(([name, value]: [string, unknown]) => {
    return [name, isKept(name, value) ? value : undefined];
  });
  return Object.fromEntries(entries) as T;
}
