// Columns: a property that is read by itself is the one that decoding the whole struct gives, wherever in a buffer the struct is and
// wherever it ends.
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

/** Zeros and ones in all bits stand for something else in some fields, so there must be some. */
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
      // What a kernel fills in in part, get-tcp-info-batch.ts sorts out.
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

  test.each(Object.entries(columns))("%s, of a struct that ends anywhere", (name, { endBytes, read }) => {
    const struct = Uint8Array.from({ length: structBytes }, (_, index) => index % 7 || 1);
    for (let length = 0; length <= structBytes; length++) {
      const value = length >= endBytes ? read(new Uint32Array(struct.buffer), 0) : undefined;
      const info: Record<string, unknown> = { ...decodeTcpInfo(struct.subarray(0, length), platform) };
      expect([length, value]).toEqual([length, info[name]]);
    }
  });
});
