// Views of a struct as words of 8, 16 and 32 bits, in this machine's byte order.
import { endianness } from "node:os";

export const LITTLE_ENDIAN: boolean = endianness() === "LE";

/** Three views of one buffer. Each ends with its last whole word, and has `undefined` at the indexes after it. */
export interface StructViews {
  /** The length that the kernel returned, in bytes. */
  readonly length: number;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
}

/** Views of `length` bytes of `buffer`, beginning at `offset`, which must be a multiple of 4. */
export function structViews(buffer: ArrayBufferLike, length: number, offset = 0): StructViews {
  return {
    length,
    u8: new Uint8Array(buffer, offset, length),
    u16: new Uint16Array(buffer, offset, length >> 1),
    u32: new Uint32Array(buffer, offset, length >> 2),
  };
}
