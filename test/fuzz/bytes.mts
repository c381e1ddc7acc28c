// Random bytes for the properties. A counterexample shows them in hexadecimal.
import * as fc from "fast-check";

/** Three kinds: any byte, mostly zeros, and bytes at the limits of arithmetic. */
const STYLES: readonly ((random: number) => number)[] = [
  (random) => random,
  (random) => (random % 11 === 0 ? random : 0),
  (random) => [0, 1, 0x7f, 0x80, 0xff][random % 5] as number,
];

/** Replaces fc.uint8Array, which takes a hundred times longer to shrink a counterexample than to try it. */
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
