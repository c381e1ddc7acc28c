// The bytes of a struct as the layouts read them: as words of each size, in this machine's byte order.
import { endianness } from "node:os";

export const LITTLE_ENDIAN: boolean = endianness() === "LE";

/** One buffer, seen in three widths, each ending with the last whole word: beyond it, reading gives `undefined`. */
export interface StructViews {
  /** What the kernel reported, in bytes. */
  readonly length: number;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
}

/** The first `length` bytes of `buffer`, which must start on a multiple of 4. */
export function structViews(buffer: ArrayBufferLike, length: number): StructViews {
  return {
    length,
    u8: new Uint8Array(buffer, 0, length),
    u16: new Uint16Array(buffer, 0, length >> 1),
    u32: new Uint32Array(buffer, 0, length >> 2),
  };
}
