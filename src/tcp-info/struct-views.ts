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

/** `length` bytes of `buffer` from `offset` on, which must be a multiple of 4. */
export function structViews(buffer: ArrayBufferLike, length: number, offset = 0): StructViews {
  return {
    length,
    u8: new Uint8Array(buffer, offset, length),
    u16: new Uint16Array(buffer, offset, length >> 1),
    u32: new Uint32Array(buffer, offset, length >> 2),
  };
}
