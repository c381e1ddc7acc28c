// Decodes answers as little-endian and big-endian machines write them: presence by length, and values that stand for
// "not set".
import { beforeEach, describe, expect, test, vi } from "vitest";

/** In the order of native/socket_options.h. */
const NAMES = [
  "keepAliveIdle",
  "keepAlive",
  "keepAliveInterval",
  "keepAliveProbes",
  "noDelay",
  "receiveBuffer",
  "sendBuffer",
  "bufferLock",
  "userTimeout",
  "notSentLowWater",
  "maxPacingRate",
  "mark",
  "cookie",
  "typeOfService",
] as const;
const ENOPROTOOPT = -92;

/** A number has four bytes, a bigint eight. A missing answer is an error. */
type Answers = Partial<Record<(typeof NAMES)[number], number | bigint>>;

const FULL: Answers = {
  keepAliveIdle: 7200,
  keepAlive: 1,
  keepAliveInterval: 75,
  keepAliveProbes: 9,
  noDelay: 1,
  receiveBuffer: 131_072,
  sendBuffer: 87_040,
  bufferLock: 3,
  userTimeout: 30_000,
  notSentLowWater: 16_384,
  maxPacingRate: 0x2_0000_0001n,
  mark: 0xffff_ffff,
  cookie: 0x1a_0000_00f0n,
  typeOfService: 0xb8,
};

describe.each(["LE", "BE"] as const)("%s", (endianness) => {
  let decode: (answers: Answers, unitMs?: 1 | 1000) => Record<string, unknown>;
  let firstAnswerOf: (answers: Answers) => number;

  beforeEach(async () => {
    vi.resetModules();
    vi.doMock("node:os", async (original) => ({ ...(await original<object>()), endianness: () => endianness }));
    const module = await import("../../src/socket-facts/decode-options");
    decode = (answers, unitMs = 1) => ({ ...module.decodeSocketOptions(wordsOf(answers), unitMs) });
    firstAnswerOf = (answers) => module.firstAnswer(wordsOf(answers));
    return () => {
      vi.doUnmock("node:os");
      // Files of the same process would get the modules that were loaded with that byte order.
      vi.resetModules();
    };
  });

  /** The words as that machine reads them. The order of two words is all that differs. */
  function wordsOf(answers: Answers): Uint32Array {
    const words = NAMES.flatMap((name) => {
      const value = answers[name];
      if (value === undefined) return [ENOPROTOOPT, 0, 0];
      if (typeof value === "number") return [4, value, 0xdead_beef];
      const [high, low] = [Number(value >> 32n), Number(value & 0xffff_ffffn)];
      return endianness === "LE" ? [8, low, high] : [8, high, low];
    });
    return Uint32Array.from(words);
  }

  test("every option", () => {
    expect(decode(FULL)).toEqual({
      rcvBufferLimitBytes: 131_072,
      sndBufferLimitBytes: 87_040,
      requestedRcvBufferBytes: 65_536,
      requestedSndBufferBytes: 43_520,
      noDelay: true,
      keepAlive: true,
      keepAliveIdleMs: 7_200_000,
      keepAliveIntervalMs: 75_000,
      keepAliveProbes: 9,
      userTimeoutMs: 30_000,
      notSentLimitBytes: 16_384,
      maxPacingRateBytesPerSecond: 0x2_0000_0001,
      typeOfService: 0xb8,
      mark: 0xffff_ffff,
      cookie: "1a000000f0",
    });
  });

  test("no option: every property is there, and undefined", () => {
    const options = decode({});
    expect(Object.keys(options)).toEqual(Object.keys(decode(FULL)));
    expect(Object.values(options).filter((value) => value !== undefined)).toEqual([]);
  });

  test("each option alone: all others are undefined", () => {
    const full = decode(FULL);
    for (const name of NAMES) {
      const options = decode({ [name]: FULL[name] });
      const present = Object.keys(options).filter((property) => options[property] !== undefined);
      expect(present).toHaveLength(name === "bufferLock" ? 0 : 1);
      for (const property of present) expect(options[property]).toBe(full[property]);
    }
  });

  test.each([
    ["0 is false", { noDelay: 0, keepAlive: 0 }, { noDelay: false, keepAlive: false }],
    ["any other number is true, as macOS returns it", { noDelay: 4, keepAlive: 8 }, { noDelay: true, keepAlive: true }],
    [
      "the system's numbers, as older systems of Apple return them",
      { keepAliveIdle: 0, keepAliveInterval: 0, keepAliveProbes: 0 },
      { keepAliveIdleMs: undefined, keepAliveIntervalMs: undefined, keepAliveProbes: undefined },
    ],
    ["no timeout is set", { userTimeout: 0 }, { userTimeoutMs: undefined }],
    ["no limit of unsent bytes", { notSentLowWater: 0 }, { notSentLimitBytes: undefined }],
    ["the default limit of unsent bytes", { notSentLowWater: 0xffff_ffff }, { notSentLimitBytes: undefined }],
    ["no mark", { mark: 0 }, { mark: undefined }],
    ["a type of service of 0", { typeOfService: 0 }, { typeOfService: 0 }],
    ["no pacing", { maxPacingRate: 0xffff_ffff_ffff_ffffn }, { maxPacingRateBytesPerSecond: Infinity }],
    ["no pacing, in four bytes", { maxPacingRate: 0xffff_ffff }, { maxPacingRateBytesPerSecond: Infinity }],
    ["pacing, in four bytes", { maxPacingRate: 12_500 }, { maxPacingRateBytesPerSecond: 12_500 }],
    ["pacing at 4 GiB/s less one byte", { maxPacingRate: 0xffff_ffffn }, { maxPacingRateBytesPerSecond: 0xffff_ffff }],
    ["a short cookie", { cookie: 0x1an }, { cookie: "1a" }],
    ["the last cookie", { cookie: 0xffff_ffff_ffff_ffffn }, { cookie: "ffffffffffffffff" }],
    ["a cookie of four bytes", { cookie: 0x1a }, { cookie: undefined }],
    ["a mark of eight bytes", { mark: 1n }, { mark: undefined }],
    ["only the send buffer was requested", { ...FULL, bufferLock: 1 }, { requestedRcvBufferBytes: undefined }],
    ["only the receive buffer was requested", { ...FULL, bufferLock: 2 }, { requestedSndBufferBytes: undefined }],
    ["no buffer was requested", { ...FULL, bufferLock: 0 }, { requestedRcvBufferBytes: undefined }],
  ] as [string, Answers, object][])("%s", (_, answers, expected) => {
    expect(decode(answers)).toMatchObject(expected);
  });

  test("macOS's user timeout has seconds", () => {
    expect(decode({ userTimeout: 30 }, 1000)).toMatchObject({ userTimeoutMs: 30_000 });
  });

  test("an error is negative", () => {
    expect(firstAnswerOf({})).toBe(ENOPROTOOPT);
    expect(firstAnswerOf(FULL)).toBe(4);
  });
});
