// Bytes for the properties. They show themselves as hex in a counterexample. Used by decoders.mts and credentials.mts.
import * as fc from "fast-check";

/** Any byte; mostly zeros; those at which arithmetic goes wrong. */
const STYLES: readonly ((random: number) => number)[] = [
  (random) => random,
  (random) => (random % 11 === 0 ? random : 0),
  (random) => [0, 1, 0x7f, 0x80, 0xff][random % 5] as number,
];

/** Not fc.uint8Array, which takes hundred times as long to make them smaller than to try them. */
export function bytes({
  minLength = 0,
  maxLength,
}: {
  minLength?: number;
  maxLength: number;
}): fc.Arbitrary<Uint8Array> {
  const lengths = fc.integer({ min: minLength, max: maxLength });
  return fc.tuple(lengths, fc.constantFrom(...STYLES), fc.integer()).map(([length, style, start]) => {
    let state = start | 1;
    const data = Uint8Array.from({ length }, () => {
      // Marsaglia's xorshift.
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return style((state >>> 8) & 0xff);
    });
    return Object.defineProperty(data, fc.toStringMethod, { value: () => `0x${Buffer.from(data).toString("hex")}` });
  });
}
