// Single fields: each writer sets the value that the decoder of the whole struct returns, for structs of any bytes and
// any length.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeDarwin } from "../../src/tcp-info/darwin";
import type { FieldWriter, UnfinishedFields } from "../../src/tcp-info/field-writers";
import { fieldsOfDarwin } from "../../src/tcp-info/fields-of-darwin";
import { fieldsOfLinux } from "../../src/tcp-info/fields-of-linux";
import { decodeLinux } from "../../src/tcp-info/linux";
import { keepFilled, readLinuxFill } from "../../src/tcp-info/linux-fill";
import { type StructViews, structViews } from "../../src/tcp-info/struct-views";

interface System {
  readonly name: string;
  readonly writers: Readonly<Record<string, FieldWriter>>;
  readonly decode: (views: StructViews, isMptcp: boolean | undefined) => object;
  readonly longest: number;
}

const linux = (withEcnWord: boolean): System => ({
  name: withEcnWord ? "Linux 7.0" : "Linux",
  writers: fieldsOfLinux(withEcnWord),
  decode: (views, isMptcp) => decodeLinux(views, withEcnWord, isMptcp),
  longest: 288,
});
const darwin: System = { name: "macOS", writers: fieldsOfDarwin(), decode: decodeDarwin, longest: 120 };
const systems = [linux(false), linux(true), darwin];

const isMptcps = fc.constantFrom(undefined, false, true);
/** With many zeros and bytes of all ones, because these have a meaning of their own in some fields. */
const bytes = (maxLength: number) =>
  fc.oneof(
    fc.uint8Array({ maxLength, size: "max" }),
    fc.array(fc.constantFrom(0, 0, 1, 0xff), { maxLength, size: "max" }).map((list) => Uint8Array.from(list)),
  );

/** The struct lies in a longer buffer, because a writer must not read past its end. */
function viewsOf(struct: Uint8Array): StructViews {
  const buffer = new Uint8Array(512).fill(0x5a);
  buffer.set(struct);
  return structViews(buffer.buffer, struct.length);
}

function write(names: readonly string[], { writers, name }: System, views: StructViews, isMptcp: boolean | undefined) {
  const info: UnfinishedFields = {};
  for (const field of names) (writers[field] as FieldWriter)(info, views, isMptcp);
  return name === "macOS" ? info : keepFilled(info, readLinuxFill(views.u8, views.u32, 0, views.length));
}

describe.each(systems)("$name", (system) => {
  const { writers, decode, longest } = system;
  const names = Object.keys(writers);

  test("has a writer for each property, in the same order", () => {
    expect(names).toEqual(Object.keys(decode(viewsOf(new Uint8Array(0)), undefined)));
  });

  test("all fields equal those of the whole struct", () => {
    const property = fc.property(bytes(longest), isMptcps, (struct, isMptcp) => {
      const views = viewsOf(struct);
      expect(write(names, system, views, isMptcp)).toStrictEqual(decode(views, isMptcp));
    });
    fc.assert(property, { numRuns: 2000 });
  });

  test("of a struct of each length", () => {
    for (let length = 0; length <= longest; length++) {
      const views = viewsOf(Uint8Array.from({ length }, (_, index) => index % 7 || 1));
      expect([length, write(names, system, views, true)]).toStrictEqual([length, decode(views, true)]);
    }
  });

  test("of zeros, which the kernel has filled in or left out", () => {
    for (const [state, segmentBytes] of [
      [1, 0],
      [1, 1],
      [7, 1],
      [10, 0],
    ] as const) {
      const struct = new Uint8Array(longest);
      struct[0] = state;
      struct[16] = segmentBytes;
      struct[88] = segmentBytes;
      const views = viewsOf(struct);
      expect([state, write(names, system, views, false)]).toStrictEqual([state, decode(views, false)]);
    }
  });

  test("some fields, in any order", () => {
    const property = fc.property(bytes(longest), fc.shuffledSubarray(names), (struct, some) => {
      const views = viewsOf(struct);
      const info: Record<string, unknown> = { ...write(some, system, views, undefined) };
      const whole: Record<string, unknown> = { ...decode(views, undefined) };
      expect(Object.entries(info)).toStrictEqual(some.map((name) => [name, whole[name]]));
    });
    fc.assert(property, { numRuns: 500 });
  });
});
