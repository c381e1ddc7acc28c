// Single fields have the values that the decoder of the whole struct returns, for structs of any bytes and any length.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeDarwin } from "../../src/tcp-info/darwin";
import type { FieldList, TcpInfoField } from "../../src/tcp-info/fields";
import { DARWIN_FIELDS, decodeDarwinFields } from "../../src/tcp-info/fields-of-darwin";
import { decodeLinuxFields, LINUX_FIELDS } from "../../src/tcp-info/fields-of-linux";
import { decodeLinux } from "../../src/tcp-info/linux";
import { type StructViews, structViews } from "../../src/tcp-info/struct-views";

type IsMptcp = boolean | undefined;

interface System {
  readonly name: string;
  readonly decode: (views: StructViews, isMptcp: IsMptcp) => object;
  readonly decodeFields: (views: StructViews, fields: FieldList, isMptcp: IsMptcp) => object;
  readonly fields: readonly TcpInfoField[];
  readonly longest: number;
}

const linux = (withEcnWord: boolean): System => ({
  name: withEcnWord ? "Linux 7.0" : "Linux",
  decode: (views, isMptcp) => decodeLinux(views, withEcnWord, isMptcp),
  decodeFields: (views, fields, isMptcp) => decodeLinuxFields(views, fields, withEcnWord, isMptcp),
  fields: LINUX_FIELDS,
  longest: 288,
});
const darwin: System = {
  name: "macOS",
  decode: decodeDarwin,
  decodeFields: decodeDarwinFields,
  fields: DARWIN_FIELDS,
  longest: 120,
};

const isMptcps = fc.constantFrom(undefined, false, true);
/** With many zeros and bytes of all ones, because these have a meaning of their own in some fields. */
const bytes = (maxLength: number) =>
  fc.oneof(
    fc.uint8Array({ maxLength, size: "max" }),
    fc.array(fc.constantFrom(0, 0, 1, 0xff), { maxLength, size: "max" }).map((list) => Uint8Array.from(list)),
  );

/** The struct lies in a longer buffer, because nothing may be read past its end. */
function viewsOf(struct: Uint8Array): StructViews {
  const buffer = new Uint8Array(512).fill(0x5a);
  buffer.set(struct);
  return structViews(buffer.buffer, struct.length);
}

describe.each([linux(false), linux(true), darwin])("$name", ({ decode, decodeFields, fields, longest }) => {
  const listOf = (names: readonly TcpInfoField[]): FieldList => {
    return { names, places: names.map((name) => fields.indexOf(name)), withMptcp: true };
  };
  const whole = listOf(fields);

  test("the list has all properties, in the same order", () => {
    expect(fields).toEqual(Object.keys(decode(viewsOf(new Uint8Array(0)), undefined)));
  });

  test("all fields equal those of the whole struct", () => {
    const property = fc.property(bytes(longest), isMptcps, (struct, isMptcp) => {
      const views = viewsOf(struct);
      expect(Object.entries(decodeFields(views, whole, isMptcp))).toStrictEqual(Object.entries(decode(views, isMptcp)));
    });
    fc.assert(property, { numRuns: 2000 });
  });

  test("of a struct of each length", () => {
    for (let length = 0; length <= longest; length++) {
      const views = viewsOf(Uint8Array.from({ length }, (_, index) => index % 7 || 1));
      expect([length, decodeFields(views, whole, true)]).toStrictEqual([length, decode(views, true)]);
    }
  });

  test.each([
    ["filled in", 1, 1],
    ["left out", 1, 0],
    ["of a listener", 10, 1],
    ["of a listener, left out", 10, 0],
    ["of a socket that was reset", 7, 1],
  ])("of zeros, %s", (_what, state, neverZero) => {
    const struct = new Uint8Array(longest);
    struct.set([state]);
    struct.set([neverZero], 16);
    struct.set([neverZero], 88);
    const views = viewsOf(struct);
    expect(decodeFields(views, whole, false)).toStrictEqual(decode(views, false));
  });

  test("some fields, in any order, and undefined for names of the other system", () => {
    const names = fc.shuffledSubarray([...fields, "other" as TcpInfoField]);
    const property = fc.property(bytes(longest), names, (struct, some) => {
      const views = viewsOf(struct);
      const expected: Record<string, unknown> = { ...decode(views, undefined) };
      const info = decodeFields(views, listOf(some), undefined);
      expect(Object.entries(info)).toStrictEqual(some.map((name) => [name, expected[name]]));
    });
    fc.assert(property, { numRuns: 500 });
  });
});
