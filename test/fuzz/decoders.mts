// The properties of decodeTcpInfo, for any bytes of any system.
import { endianness } from "node:os";
import { inspect, isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { decodeTcpInfo, SocketInfoError, type TcpInfo, type TcpInfoOrigin } from "sockinfo";
import { bytes } from "./bytes.mts";
import { claim, expect } from "./claims.mts";

type Platform = TcpInfo["platform"];
type Fields = Readonly<Record<string, unknown>>;

const LONGEST = 512;
const platforms: fc.Arbitrary<Platform> = fc.constantFrom("linux", "darwin");
const kernels = fc.oneof(fc.constantFrom("4.19.0", "6.18.3", "7.0.0-rc1", "10"), fc.string());
const origins: fc.Arbitrary<TcpInfoOrigin> = fc.record(
  { endianness: fc.constantFrom("LE", "BE"), kernelRelease: kernels },
  { requiredKeys: [] },
);

const decode = (data: Uint8Array, platform: Platform, origin?: TcpInfoOrigin): Fields => ({
  ...decodeTcpInfo(data, platform, origin),
});
const shapes = { linux: shapeOf("linux"), darwin: shapeOf("darwin") };
function shapeOf(platform: Platform): string {
  return Object.keys(decode(new Uint8Array(0), platform)).join();
}

/** The result has one shape and values of the documented kinds. The caller's bytes do not change. */
const wellFormed = fc.property(
  bytes({ maxLength: LONGEST }),
  fc.nat(9),
  platforms,
  origins,
  (data, offset, platform, origin) => {
    const surroundings = new Uint8Array(data.length + 10).fill(0xa5);
    const view = surroundings.subarray(offset, offset + data.length);
    view.set(data);
    const info = decode(view, platform, origin);
    expect(Object.keys(info).join() === shapes[platform], "another shape");
    for (const [name, value] of Object.entries(info)) expect(isDocumentedKind(value), `${name} is ${String(value)}`);
    expect(Buffer.compare(view, data) === 0, "the bytes were changed");
    expect(surroundings.filter((byte) => byte === 0xa5).length >= 10, "bytes around them were changed");
  },
);

function isDocumentedKind(value: unknown): boolean {
  if (Array.isArray(value)) return Object.isFrozen(value) && value.every((name) => typeof name === "string");
  if (typeof value === "number") return value >= 0;
  return value === undefined || typeof value === "boolean" || typeof value === "string";
}

/** Structs with all fields. The fields end at the same places on all kernels. */
const WHOLE = {
  linux: { length: 280, origin: { kernelRelease: "7.0" } },
  darwin: { length: 112, origin: {} },
} as const;

/** The number of bytes that each field needs, in a struct in which every field has a value. */
const ends = { linux: endsOf("linux"), darwin: endsOf("darwin") };
function endsOf(platform: Platform): ReadonlyMap<string, number> {
  const { length, origin } = WHOLE[platform];
  const found = new Map<string, number>();
  for (let end = 0; end <= length; end++) {
    const info = decode(new Uint8Array(end).fill(4), platform, origin);
    for (const name of Object.keys(info)) if (info[name] !== undefined && !found.has(name)) found.set(name, end);
  }
  // isMptcp comes from another system call, not from the bytes.
  const expected = shapes[platform].split(",").filter((name) => name !== "isMptcp");
  expect(
    [...found.keys()].toSorted().join() === expected.toSorted().join(),
    "a field that no number of bytes makes present",
  );
  return found;
}

/** A field has the value of the whole struct if all its bytes are present. Otherwise it is undefined. */
const truncated = fc.property(
  platforms,
  bytes({ minLength: 280, maxLength: 280 }),
  fc.nat(280),
  (platform, data, cut) => {
    const { length, origin } = WHOLE[platform];
    if (platform === "linux") fillIn(data);
    const whole = decode(data.subarray(0, length), platform, origin);
    const info = decode(data.subarray(0, Math.min(cut, length)), platform, origin);
    for (const [name, end] of ends[platform]) {
      // In this field, 0 means "not counted" only if the struct is as long as that of Linux 4.18.
      const isCounted = name !== "forwardAckedSegments" || cut >= 200;
      const expected = cut < end ? undefined : isCounted ? whole[name] : (whole[name] ?? 0);
      expect(isDeepStrictEqual(info[name], expected), `${name}: ${inspect(info[name])}, not ${inspect(expected)}`);
    }
  },
);

/**
 * Sets words that are never 0 on Linux. If the struct reaches them and they are 0, the decoder takes all zeros for
 * fields that the kernel did not fill in.
 */
function fillIn(data: Uint8Array): void {
  // tcpi_snd_mss, tcpi_reordering, tcpi_segs_out.
  for (const at of [16, 88, 136]) data[at] = 1;
}

/** The words of struct tcp_info after its first 8 bytes, in the order of linux/tcp.h: number and size in bytes. */
// prettier-ignore
const WORDS = [[24, 4], [4, 8], [6, 4], [4, 8], [2, 4], [2, 8], [6, 4], [2, 2], [8, 4]].flatMap(
  ([count = 0, width = 0]) => Array.from({ length: count }, () => width),
);
const BIT_FIELDS = [
  [6, [4, 4]],
  [7, [1, 2, 5]],
  [276, [2, 2, 4, 24]],
] as const;

/** The structs of one connection in both byte orders decode to the same values. */
const swapped = fc.property(bytes({ minLength: 280, maxLength: 280 }), fc.nat(280), (little, cut) => {
  const big = Uint8Array.from(little);
  let at = 8;
  for (const width of WORDS) {
    big.subarray(at, at + width).reverse();
    at += width;
  }
  expect(at === 276, "WORDS does not end at the last bit field");
  for (const [place, widths] of BIT_FIELDS) writeFromHighBit(big, place, readFromLowBit(little, place, widths), widths);
  const info = (data: Uint8Array, order: "LE" | "BE") =>
    decode(data.subarray(0, cut), "linux", { endianness: order, kernelRelease: "7.0" });
  const [fromLittle, fromBig] = [info(little, "LE"), info(big, "BE")];
  for (const name of Object.keys(fromLittle)) {
    const [one, other] = [fromLittle[name], fromBig[name]];
    expect(isDeepStrictEqual(one, other), `${name}: ${inspect(one)} and ${inspect(other)}`);
  }
  const own = endianness() === "LE" ? little : big;
  const here = decode(own.subarray(0, cut), "linux", { kernelRelease: "7.0" });
  expect(isDeepStrictEqual(here, fromLittle), "the default is not the byte order of this machine");
});

const wordBytes = (widths: readonly number[]) => widths.reduce((sum, width) => sum + width) / 8;

function readFromLowBit(data: Uint8Array, at: number, widths: readonly number[]): bigint[] {
  const fromHighByte = Buffer.from(data.subarray(at, at + wordBytes(widths)).toReversed());
  let word = BigInt(`0x${fromHighByte.toString("hex")}`);
  return widths.map((width) => {
    const value = word & ((1n << BigInt(width)) - 1n);
    word >>= BigInt(width);
    return value;
  });
}

function writeFromHighBit(data: Uint8Array, at: number, values: readonly bigint[], widths: readonly number[]): void {
  const word = values.reduce((high, value, index) => (high << BigInt(widths[index] as number)) | value, 0n);
  const length = wordBytes(widths);
  data.set(Buffer.from(word.toString(16).padStart(length * 2, "0"), "hex"), at);
}

const anything = fc.anything({ withTypedArray: true, withDate: true, withBigInt: true, withNullPrototype: true });

/** Wrong arguments throw the typed error and no other. */
const refused = fc.property(
  fc.oneof(anything, bytes({ maxLength: 8 })),
  fc.oneof(anything, platforms),
  fc.oneof(anything, origins),
  (data, platform, origin) => {
    try {
      decode(data as Uint8Array, platform as Platform, origin as TcpInfoOrigin);
    } catch (error) {
      const typed = error instanceof SocketInfoError && error.code === "ERR_SOCKINFO_INVALID_ARGUMENT";
      if (!typed) throw error;
    }
  },
);

export const decoderClaims = {
  "any bytes decode to one shape": claim(wellFormed),
  "truncated bytes have the fields that end within them, and no others": claim(truncated),
  "both byte orders decode to the same values": claim(swapped),
  "wrong arguments throw a typed error": claim(refused),
};
