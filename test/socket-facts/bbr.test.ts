// BBR's state from constructed bytes: both versions, values that stand for "none", and answers that belong to neither.
// The offsets are those of struct tcp_bbr_info in mainline Linux and in Google's branch v3.
import { describe, expect, test } from "vitest";
import { decodeBbr } from "../../src/socket-facts/bbr";
import { structViews } from "../../src/tcp-info/struct-views";

const NONE = 0xffff_ffff;
const WORDS = {
  bbr_bw_lo: 0,
  bbr_bw_hi: 4,
  bbr_min_rtt: 8,
  bbr_pacing_gain: 12,
  bbr_cwnd_gain: 16,
  bbr_bw_hi_lsb: 20,
  bbr_bw_hi_msb: 24,
  bbr_bw_lo_lsb: 28,
  bbr_bw_lo_msb: 32,
  bbr_inflight_lo: 40,
  bbr_inflight_hi: 44,
  bbr_extra_acked: 48,
};
const BYTES = { bbr_mode: 36, bbr_phase: 37, bbr_version: 39 };

type Fields = Partial<Record<keyof typeof WORDS | keyof typeof BYTES, number>>;

/** Decodes a struct of `length` bytes in this machine's byte order. Other fields are 0. */
function decode(length: number, fields: Fields): ReturnType<typeof decodeBbr> {
  const buffer = new ArrayBuffer(512);
  for (const [name, value] of Object.entries(fields)) {
    const word = (WORDS as Record<string, number>)[name];
    if (word === undefined) new Uint8Array(buffer)[(BYTES as Record<string, number>)[name] as number] = value;
    else new Uint32Array(buffer)[word / 4] = value;
  }
  return decodeBbr(structViews(buffer, length));
}

const STARTUP: Fields = {
  bbr_bw_lo: 5,
  bbr_bw_hi: 2,
  bbr_min_rtt: 31_250,
  bbr_pacing_gain: 739,
  bbr_cwnd_gain: 512,
};
const STATE = { bandwidthBytesPerSecond: 2 * 2 ** 32 + 5, minRttMs: 31.25, pacingGain: 739 / 256, cwndGain: 2 };

describe("version 1", () => {
  test("has 20 bytes", () => {
    expect(decode(20, STARTUP)).toEqual({ version: 1, ...STATE });
  });

  test("before the first sample", () => {
    const none = {
      bandwidthBytesPerSecond: undefined,
      minRttMs: undefined,
      pacingGain: undefined,
      cwndGain: undefined,
    };
    expect(decode(20, { bbr_min_rtt: NONE })).toStrictEqual({ version: 1, ...none });
  });

  test("before the first acknowledgement there is the round trip of the handshake", () => {
    expect(decode(20, { bbr_min_rtt: 41 })).toMatchObject({ minRttMs: 0.041, cwndGain: undefined });
  });

  test("a round trip of 0 microseconds is a sample", () => {
    expect(decode(20, { ...STARTUP, bbr_min_rtt: 0 })?.minRttMs).toBe(0);
  });
});

describe("version 3", () => {
  const V3: Fields = { ...STARTUP, bbr_version: 3, bbr_mode: 2 };
  const limited: Fields = {
    ...V3,
    bbr_phase: 4,
    bbr_bw_hi_lsb: 7,
    bbr_bw_hi_msb: 3,
    bbr_bw_lo_lsb: 9,
    bbr_bw_lo_msb: 1,
    bbr_inflight_lo: 40,
    bbr_inflight_hi: 50,
    bbr_extra_acked: 60,
  };
  const expected = {
    version: 3,
    ...STATE,
    phase: "PROBE_BW_UP",
    maxBandwidthBytesPerSecond: 3 * 2 ** 32 + 7,
    shortTermBandwidthLimitBytesPerSecond: 2 ** 32 + 9,
    shortTermInflightLimitSegments: 40,
    longTermInflightLimitSegments: 50,
    extraAckedSegments: 60,
  };

  test.each([52, 56, 512])("has at least 52 bytes: %i", (length) => {
    expect(decode(length, limited)).toEqual(expected);
  });

  test("without limits", () => {
    const unlimited = {
      bbr_bw_lo_lsb: NONE,
      bbr_bw_lo_msb: NONE,
      bbr_inflight_lo: NONE,
      bbr_inflight_hi: NONE,
      bbr_extra_acked: 0,
      bbr_bw_hi_lsb: 0,
      bbr_bw_hi_msb: 0,
    };
    expect(decode(52, { ...limited, ...unlimited })).toStrictEqual({
      ...expected,
      maxBandwidthBytesPerSecond: undefined,
      shortTermBandwidthLimitBytesPerSecond: Infinity,
      shortTermInflightLimitSegments: Infinity,
      longTermInflightLimitSegments: Infinity,
      extraAckedSegments: 0,
    });
  });

  test.each([
    [0, undefined],
    [1, "STARTUP"],
    [2, "DRAIN"],
    [3, "PROBE_RTT"],
    [4, "PROBE_BW_UP"],
    [5, "PROBE_BW_DOWN"],
    [6, "PROBE_BW_CRUISE"],
    [7, "PROBE_BW_REFILL"],
    [8, undefined],
    [255, undefined],
  ])("phase %i is %s", (bbr_phase, phase) => {
    expect(decode(52, { ...V3, bbr_phase })).toMatchObject({ version: 3, phase });
  });
});

test.each([
  ["version 1", 20, {}],
  ["version 3", 52, { bbr_version: 3, bbr_phase: 1 }],
])("a listener's zeros are no state of BBR: %s", (_, length, fields) => {
  expect(decode(length, fields)).toBeUndefined();
});

test.each([
  ["nothing", 0, {}],
  ["a shorter struct", 16, STARTUP],
  ["part of a word", 19, STARTUP],
  ["a length between the versions", 21, STARTUP],
  ["a struct of version 3 that is cut off", 51, { ...STARTUP, bbr_version: 3 }],
  ["a later version", 52, { ...STARTUP, bbr_version: 4 }],
  ["a longer struct without a version", 64, STARTUP],
])("unknown: %s", (_, length, fields) => {
  expect(decode(length, fields)).toBeUndefined();
});
