// The formats of numbers: their bounds, and that no size breaks the layout.
import { describe, expect, test } from "vitest";
import { formatAge, formatBytes, formatCount, formatMs, formatRate, formatRatio } from "../src/quantities";

const KINDS = { formatAge, formatBytes, formatCount, formatMs, formatRate, formatRatio };

describe.each(Object.entries(KINDS))("%s", (_, format) => {
  test.each([undefined, null, NaN, Infinity])("of %s is absent", (value) => expect(format(value)).toBe("-"));

  test("is short and has no double spaces, whatever the size", () => {
    for (let power = -6; power <= 15; power++) {
      for (const factor of [1, 1.05, 4.44, 9.949, 9.95, 9.96, 9.994, 9.995, 9.9999]) {
        const text = format(factor * 10 ** power);
        expect(text).toMatch(/^<?\d+(\.\d\d?)?( [A-Za-z%]+(\/s)?)?( \d+ [hms])?$/);
        expect(text).not.toMatch(/\b\d{4,}\.|\b1000 [kMG]/);
      }
    }
  });
});

test.each([
  [0, "0 ms"],
  [0.004, "0 ms"],
  [0.031, "0.03 ms"],
  [0.0996, "0.1 ms"],
  [1.24, "1.2 ms"],
  [9.96, "10 ms"],
  [999.4, "999 ms"],
  [999.6, "1 s"],
  [5120, "5.1 s"],
  [59_499, "59 s"],
  [59_600, "59 s"],
  [60_000, "1 m 0 s"],
  [252_000, "4 m 12 s"],
])("formatMs(%d) is %s", (ms, text) => expect(formatMs(ms)).toBe(text));

test.each([
  [0, "0 s"],
  [999, "0 s"],
  [12_999, "12 s"],
  [59_999, "59 s"],
  [3_599_999, "59 m 59 s"],
  [7_500_000, "2 h 5 m"],
  [273_600_000, "3 d 4 h"],
])("formatAge(%d) is %s", (ms, text) => expect(formatAge(ms)).toBe(text));

test.each([
  [0, "0 B"],
  [999.4, "999 B"],
  [999.6, "1 kB"],
  [34_400, "34 kB"],
  [5_120_000, "5.1 MB"],
  [999_600_000, "1 GB"],
  [2.04e12, "2 TB"],
])("formatBytes(%d) is %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
  expect(formatRate(bytes)).toBe(`${text}/s`);
});

test.each([
  [0, "0"],
  [9999, "9999"],
  [9999.6, "10 k"],
  [12_345, "12 k"],
  [1_230_000, "1.2 M"],
])("formatCount(%d) is %s", (count, text) => expect(formatCount(count)).toBe(text));

test.each([
  [0, "0 %"],
  [0.0004, "<0.1 %"],
  [0.004, "0.4 %"],
  [0.0996, "10 %"],
  [0.34, "34 %"],
  [1, "100 %"],
])("formatRatio(%d) is %s", (ratio, text) => expect(formatRatio(ratio)).toBe(text));
