// decodeTcpInfo: sentinels, the other byte order, structs of each length, and wrong arguments.
import { runInNewContext } from "node:vm";
import { decodeTcpInfo, SocketInfoError, type TcpInfoOrigin } from "sockinfo";
import { describe, expect, test } from "vitest";
import { darwinFields, linuxFields } from "../helpers/docs";

/**
 * A whole struct of zeros with some words set, in the given byte order. Its segment size is not 0, because 0 would
 * mean that the kernel filled in only a part.
 */
function linuxBytes(words: Record<number, number | bigint>, littleEndian = true): Uint8Array {
  const view = new DataView(new ArrayBuffer(280));
  view.setUint32(16, 536, littleEndian);
  for (const [at, value] of Object.entries(words)) {
    if (typeof value === "bigint") view.setBigUint64(Number(at), value, littleEndian);
    else if (Number(at) < 8) view.setUint8(Number(at), value);
    else view.setUint32(Number(at), value, littleEndian);
  }
  return new Uint8Array(view.buffer);
}

const linux = (words: Record<number, number | bigint>) =>
  decodeTcpInfo(linuxBytes(words), "linux", { endianness: "LE" });

describe("Linux sentinels", () => {
  test("a field without a sample is undefined, also when rttvar has its initial value", () => {
    const info = linux({ 68: 0, 72: 250_000, 148: 0xffff_ffff, 92: 0, 12: 0, 160: 0n });
    expect(info).toMatchObject({ rttMs: undefined, rttVarMs: undefined, minRttMs: undefined });
    expect(info).toMatchObject({ rcvRttMs: undefined, atoMs: undefined, deliveryRateBytesPerSecond: undefined });
  });

  test("a field without a limit is Infinity, in segments and in bytes", () => {
    const info = linux({ 16: 1460, 76: 0x7fff_ffff, 104: 2n ** 64n - 1n, 112: 2n ** 64n - 1n });
    expect(info).toMatchObject({ sndSsthreshSegments: Infinity, sndSsthreshBytes: Infinity });
    expect(info).toMatchObject({ pacingRateBytesPerSecond: Infinity, maxPacingRateBytesPerSecond: Infinity });
  });

  test("a limit that was set is a number", () => {
    expect(linux({ 16: 1460, 76: 7, 104: 2n ** 32n - 1n, 112: 12_500_000_000n })).toMatchObject({
      sndSsthreshSegments: 7,
      sndSsthreshBytes: 7 * 1460,
      pacingRateBytesPerSecond: 2 ** 32 - 1,
      maxPacingRateBytesPerSecond: 12_500_000_000,
    });
  });

  test("64-bit counters are exact up to 2^53", () => {
    const exact = BigInt(Number.MAX_SAFE_INTEGER);
    expect(linux({ 120: exact, 128: 2n ** 32n, 168: exact })).toMatchObject({
      bytesAcked: Number.MAX_SAFE_INTEGER,
      bytesReceived: 2 ** 32,
      busyTimeMs: Number.MAX_SAFE_INTEGER / 1000,
    });
  });

  test("window scales are undefined without the option", () => {
    expect(linux({ 5: 3, 6: 0x7a })).toMatchObject({ sndWscale: undefined, rcvWscale: undefined });
    expect(linux({ 5: 4, 6: 0x7a })).toMatchObject({ sndWscale: 10, rcvWscale: 7 });
    expect(linux({ 5: 4, 6: 0 })).toMatchObject({ sndWscale: 0, rcvWscale: 0 });
  });

  test("an unknown number of an enumeration is undefined", () => {
    expect(linux({ 0: 200, 1: 200 })).toMatchObject({ state: undefined, caState: undefined });
  });

  test("forwardAckedSegments and last_ack_sent are undefined unless the kernel counted them", () => {
    expect(linux({})).toMatchObject({ forwardAckedSegments: undefined, sinceLastAckSentMs: undefined });
    expect(linux({ 40: 3, 48: 5 })).toMatchObject({ forwardAckedSegments: 3, sinceLastAckSentMs: 5 });
    expect(decodeTcpInfo(linuxBytes({}).subarray(0, 192), "linux").forwardAckedSegments).toBe(0);
  });

  test("a listener has no segment size, so its values in bytes are undefined", () => {
    expect(linux({ 0: 10, 16: 0, 24: 3, 28: 5, 80: 10, 88: 3 })).toMatchObject({
      state: "LISTEN",
      unackedSegments: 3,
      unackedSackedSegments: 5,
      sndCwndSegments: 10,
      sndCwndBytes: undefined,
      sndSsthreshBytes: undefined,
    });
  });
});

describe("a Linux struct that the kernel filled in only in part", () => {
  const present = (words: Record<number, number | bigint>) => {
    const { platform, ...info } = linux(words);
    expect(platform).toBe("linux");
    return Object.fromEntries(Object.entries(info).filter(([, value]) => value !== undefined));
  };

  test("with a segment size of 0: only values other than 0 are known", () => {
    expect(present({ 16: 0, 0: 1, 8: 204_000, 68: 300, 72: 100, 80: 10 })).toEqual({
      state: "ESTABLISHED",
      rtoMs: 204,
      rttMs: 0.3,
      rttVarMs: 0.1,
      sndCwndSegments: 10,
    });
    expect(present({ 16: 0, 0: 1 })).toEqual({ state: "ESTABLISHED" });
  });

  test("with another segment size: all values are known", () => {
    expect(linux({ 0: 1, 16: 1 })).toMatchObject({ bytesSent: 0, segmentsSent: 0, options: [], caState: "OPEN" });
  });

  test("of a listener, which has no segment size: its reordering is known", () => {
    expect(linux({ 0: 10, 16: 0, 88: 3 })).toMatchObject({ unackedSegments: 0, unackedSackedSegments: 0 });
    expect(present({ 0: 10, 16: 0 })).toEqual({ state: "LISTEN" });
    expect(present({ 0: 10, 16: 0, 24: 2, 28: 5 })).toEqual({
      state: "LISTEN",
      unackedSegments: 2,
      unackedSackedSegments: 5,
    });
  });

  test("of a connection that closed before its first segment: only the state is known, because the kernel reset the rest", () => {
    expect(present({ 0: 7, 8: 1_000_000, 80: 10, 144: 0x1_0002, 148: 10 })).toEqual({ state: "CLOSED" });
    expect(linux({ 0: 7, 136: 1 })).toMatchObject({
      bytesSent: 0,
      segmentsReceived: 0,
      segmentsSent: 1,
      sndMssBytes: 536,
    });
    expect(linux({ 0: 7, 140: 1 })).toMatchObject({
      bytesSent: 0,
      segmentsReceived: 1,
      segmentsSent: 0,
      sndMssBytes: 536,
    });
    expect(linux({ 0: 1 })).toMatchObject({ segmentsReceived: 0, segmentsSent: 0 });
  });

  test("a field beyond the end of the bytes is undefined, not 0", () => {
    expect(decodeTcpInfo(linuxBytes({ 0: 1, 16: 0 }).subarray(0, 16), "linux", { endianness: "LE" }).caState).toBe(
      "OPEN",
    );
    expect(decodeTcpInfo(linuxBytes({ 0: 7 }).subarray(0, 140), "linux", { endianness: "LE" }).sndMssBytes).toBe(536);
  });

  test("isMptcp is undefined, because the bytes do not contain it", () =>
    expect(linux({ 0: 1 }).isMptcp).toBeUndefined());
});

describe("byte order", () => {
  test("a big-endian capture reads like the little-endian one of the same connection", () => {
    const words = { 0: 1, 5: 7, 8: 204_000, 16: 1448, 68: 42_000, 80: 10, 120: 2n ** 40n + 5n, 244: 77, 272: 9 };
    const little = linuxBytes(words);
    const big = linuxBytes(words, false);
    // sndWscale 10, rcvWscale 7; app-limited, fastopen_client_fail 2; rto counts; ecn mode 2, seen 1, fail 9,
    // options2Bits.
    little[6] = 0x7a;
    big[6] = 0xa7;
    little[7] = 0b0000_0101;
    big[7] = 0b1100_0000;
    new DataView(little.buffer).setUint16(240, 300, true);
    new DataView(big.buffer).setUint16(240, 300, false);
    new DataView(little.buffer).setUint32(276, 2 | (1 << 2) | (9 << 4) | (0x12_3456 << 8), true);
    new DataView(big.buffer).setUint32(276, ((2 << 30) | (1 << 28) | (9 << 24) | 0x12_3456) >>> 0, false);
    const at = (bytes: Uint8Array, endianness: "LE" | "BE") =>
      decodeTcpInfo(bytes, "linux", { endianness, kernelRelease: "7.0" });
    expect(at(big, "BE")).toEqual(at(little, "LE"));
    expect(at(big, "BE")).toMatchObject({
      rttMs: 42,
      sndWscale: 10,
      rcvWscale: 7,
      isDeliveryRateAppLimited: true,
      fastopenClientFail: "DATA_NOT_ACKED",
      bytesAcked: 2 ** 40 + 5,
      totalRtos: 300,
      ecnMode: "ACCECN",
      accecnOptSeen: "EMPTY",
      accecnFailMode: ["ACE_SEND", "OPT_RECV"],
      options2Bits: 0x12_3456,
    });
  });

  test("of truncated bytes each whole field is read, and no other", () => {
    const whole = linuxBytes({ 100: 5, 104: 6n, 112: 7n }, false);
    for (let length = 0; length <= 280; length++) {
      const info = decodeTcpInfo(whole.subarray(0, length), "linux", { endianness: "BE" });
      expect(info.retransmittedSegments).toBe(length >= 104 ? 5 : undefined);
      expect(info.pacingRateBytesPerSecond).toBe(length >= 112 ? 6 : undefined);
      expect(info.maxPacingRateBytesPerSecond).toBe(length >= 120 ? 7 : undefined);
    }
  });
});

describe("shape", () => {
  test.each([0, 1, 7, 103, 104, 280, 512])("%i bytes of Linux: the result has every property", (length) => {
    const info = decodeTcpInfo(new Uint8Array(length), "linux");
    const products = ["platform", "isMptcp", "sndCwndBytes", "sndSsthreshBytes"];
    expect(Object.keys(info).toSorted()).toEqual([...linuxFields.map((row) => row.property), ...products].toSorted());
    expect(linuxFields).toHaveLength(72);
  });

  test.each([0, 1, 7, 103, 104, 112, 512])("%i bytes of macOS: the result has every property", (length) => {
    const info = decodeTcpInfo(new Uint8Array(length), "darwin");
    expect(Object.keys(info).toSorted()).toEqual([...darwinFields.map((row) => row.property), "platform"].toSorted());
  });

  test("no bytes: every value is undefined", () => {
    for (const platform of ["linux", "darwin"] as const) {
      const { platform: name, ...rest } = decodeTcpInfo(new Uint8Array(0), platform);
      expect(name).toBe(platform);
      expect(Object.values(rest).every((value) => value === undefined)).toBe(true);
    }
  });

  test("JSON, structuredClone and the console show all of it", () => {
    const info = linux({ 0: 1, 5: 7, 6: 0x7a, 16: 1448, 68: 42_000, 76: 0x7fff_ffff });
    expect(structuredClone(info)).toEqual(info);
    const json = JSON.parse(JSON.stringify(info));
    expect(json).toMatchObject({ state: "ESTABLISHED", rttMs: 42, options: ["TIMESTAMPS", "SACK", "WSCALE"] });
    expect(json).toHaveProperty("sndSsthreshBytes", null);
    expect(json).not.toHaveProperty("ecnMode");
  });
});

describe("bytes", () => {
  test("may lie anywhere in their buffer, may be of another realm, and are not changed", () => {
    const source = linuxBytes({ 0: 1, 68: 1000 }, false);
    const shifted = new Uint8Array(300);
    shifted.set(source, 3);
    expect(decodeTcpInfo(shifted.subarray(3, 283), "linux", { endianness: "BE" }).rttMs).toBe(1);
    expect(decodeTcpInfo(Buffer.from(source), "linux", { endianness: "BE" }).rttMs).toBe(1);
    expect(shifted.subarray(3, 283)).toEqual(source);
    const foreign: Uint8Array = runInNewContext("new Uint8Array(104).fill(1)");
    expect(decodeTcpInfo(foreign, "linux").state).toBe("ESTABLISHED");
  });

  test.each([
    undefined,
    null,
    {},
    [],
    "00",
    280,
    new ArrayBuffer(280),
    new Uint16Array(140),
    new DataView(new ArrayBuffer(8)),
  ])("%o are none", (bytes) => {
    expect(() => decodeTcpInfo(bytes as Uint8Array, "linux")).toThrow(
      expect.objectContaining({ code: "ERR_SOCKINFO_INVALID_ARGUMENT", name: "SocketInfoError" }),
    );
  });

  test("whose buffer was transferred are refused", () => {
    const bytes = new Uint8Array(280);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    expect(() => decodeTcpInfo(bytes, "linux")).toThrow(
      expect.objectContaining({ code: "ERR_SOCKINFO_INVALID_ARGUMENT" }),
    );
  });

  test.each([undefined, "win32", "freebsd", 1])("of platform %o are refused", (platform) => {
    expect(() => decodeTcpInfo(new Uint8Array(104), platform as "linux")).toThrow(SocketInfoError);
  });

  test.each([null, { endianness: "XE" }, { kernelRelease: 7 }, "LE"])("with an origin of %o are refused", (origin) => {
    expect(() => decodeTcpInfo(new Uint8Array(104), "linux", origin as unknown as TcpInfoOrigin)).toThrow(
      expect.objectContaining({ code: "ERR_SOCKINFO_INVALID_ARGUMENT" }),
    );
  });
});
