// Columns: reading one property returns what decoding the whole struct returns. Where the struct begins in a buffer
// and where it ends makes no difference.
import * as fc from "fast-check";
import { decodeTcpInfo } from "sockinfo";
import { describe, expect, test } from "vitest";
import type { Columns } from "../../src/tcp-info/columns";
import { DARWIN_COLUMNS } from "../../src/tcp-info/darwin";
import { LINUX_COLUMNS } from "../../src/tcp-info/linux";

const LAYOUTS: ["linux" | "darwin", Columns, number][] = [
  ["linux", LINUX_COLUMNS, 280],
  ["darwin", DARWIN_COLUMNS, 112],
];

/** With many zeros and bytes of all ones, because these have a meaning of their own in some fields. */
const bytes = (length: number) =>
  fc.oneof(
    fc.uint8Array({ minLength: length, maxLength: length }),
    fc
      .array(fc.constantFrom(0, 1, 0xff), { minLength: length, maxLength: length })
      .map((list) => Uint8Array.from(list)),
  );

describe.each(LAYOUTS)("%s", (platform, columns, structBytes) => {
  test.each(Object.entries(columns))("%s", (name, { endBytes, read }) => {
    const property = fc.property(bytes(structBytes), fc.nat(3), fc.nat(structBytes), (struct, row, length) => {
      // get-tcp-info-batch.ts handles structs that a kernel filled in only in part.
      struct[16] = 1;
      if (struct[0] === 7 || struct[0] === 10) struct[0] = 1;
      const rows = new Uint8Array(4 * 512).fill(0x5a);
      rows.set(struct, row * 512);
      const value = length >= endBytes ? read(new Uint32Array(rows.buffer), (row * 512) / 4) : undefined;
      const info: Record<string, unknown> = { ...decodeTcpInfo(struct.subarray(0, length), platform) };
      expect(value).toBe(info[name]);
    });
    fc.assert(property, { numRuns: 1000 });
  });

  test.each(Object.entries(columns))("%s, of a struct of each length", (name, { endBytes, read }) => {
    const struct = Uint8Array.from({ length: structBytes }, (_, index) => index % 7 || 1);
    for (let length = 0; length <= structBytes; length++) {
      const value = length >= endBytes ? read(new Uint32Array(struct.buffer), 0) : undefined;
      const info: Record<string, unknown> = { ...decodeTcpInfo(struct.subarray(0, length), platform) };
      expect([length, value]).toEqual([length, info[name]]);
    }
  });
});
