// Swaps the byte order of a Linux struct that comes from a machine of the other byte order.
import { LITTLE_ENDIAN } from "./struct-views";

// Offsets in bytes. The fields at the offsets that no list has are words of 4 bytes.
const FIRST_WORD = 8;
const WORDS_OF_2_BYTES = [240, 242];
const WORDS_OF_8_BYTES = [104, 112, 120, 128, 160, 168, 176, 184, 200, 208];

/** Works in place. If the bytes end within a word, it may garble that word, which the decoder does not read. */
export function swapLinuxByteOrder(bytes: Uint8Array): void {
  for (let at = FIRST_WORD; at < bytes.length;) {
    const width = WORDS_OF_2_BYTES.includes(at) ? 2 : WORDS_OF_8_BYTES.includes(at) ? 8 : 4;
    bytes.subarray(at, at + width).reverse();
    at += width;
  }
  const view = new DataView(bytes.buffer);
  if (bytes.length > 6) view.setUint8(6, mirrorBitFields(view.getUint8(6), [4, 4]));
  if (bytes.length > 7) view.setUint8(7, mirrorBitFields(view.getUint8(7), [1, 2, 5]));
  if (bytes.length >= 280) {
    view.setUint32(276, mirrorBitFields(view.getUint32(276, LITTLE_ENDIAN), [2, 2, 4, 24]), LITTLE_ENDIAN);
  }
}

/**
 * Reverses the order of the bit-fields. Compilers place the first field lowest in a little-endian word and highest in
 * a big-endian word.
 *
 * @param widths - The width of each bit-field in bits, in the order of the declaration.
 */
function mirrorBitFields(word: number, widths: readonly number[]): number {
  let low = 0;
  let high = widths.reduce((sum, width) => sum + width);
  let mirrored = 0;
  for (const width of widths) {
    high -= width;
    const [from, to] = LITTLE_ENDIAN ? [high, low] : [low, high];
    mirrored |= ((word >>> from) & (2 ** width - 1)) << to;
    low += width;
  }
  return mirrored >>> 0;
}
