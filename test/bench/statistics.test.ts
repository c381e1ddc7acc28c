import { describe, expect, it } from "vitest";
import { differences, quietest, ratioSpread, spread } from "../../bench/measure/statistics.mts";

/** 0, 1, …, 100, in no order: each percentile is the number itself. */
const HUNDRED = Array.from({ length: 101 }, (_, i) => (i * 37) % 101);

describe("statistics of the bench", () => {
  it("percentiles do not depend on the order of the samples", () => {
    expect(spread(HUNDRED)).toEqual({ p10: 10, median: 50, p90: 90 });
    expect(quietest(HUNDRED)).toBe(5);
  });

  it("percentiles between two samples are interpolated", () => {
    expect(spread([4, 1]).median).toBe(2.5);
    expect(quietest([20, 0])).toBe(1);
  });

  it("one sample is every percentile", () => {
    expect(spread([7])).toEqual({ p10: 7, median: 7, p90: 7 });
    expect(quietest([7])).toBe(7);
  });

  it("samples stay as they are", () => {
    const samples = [3, 1, 2];
    quietest(samples);
    spread(samples);
    expect(samples).toEqual([3, 1, 2]);
  });

  it("one reading that is too short does not decide the quietest", () => {
    const samples = [1, ...Array.from({ length: 99 }, () => 100)];
    expect(quietest(samples)).toBe(100);
  });

  it("ratios and differences are of the same round", () => {
    const [base, samples] = [
      [10, 1000, 100],
      [20, 2000, 200],
    ];
    expect(ratioSpread(samples, base)).toEqual({ p10: 2, median: 2, p90: 2 });
    expect(differences(samples, base)).toEqual([10, 1000, 100]);
  });
});
