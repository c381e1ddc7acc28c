// Quantiles against sorting, and against their definition.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quantilesOf } from "../src/quantiles";

/** The definition, word for word: the least value that at least `percent` % of all values do not exceed. */
function nearestRank(values: readonly number[], percent: number): number | undefined {
  const reaches = (value: number) => values.filter((other) => other <= value).length * 100 >= percent * values.length;
  return values.toSorted((a, b) => a - b).find(reaches);
}

function check(values: readonly number[]): void {
  const copy = Float64Array.from(values);
  const { mean, ...exact } = quantilesOf(copy) ?? { mean: NaN };
  expect(exact).toEqual({
    count: values.length,
    min: nearestRank(values, 0),
    p50: nearestRank(values, 50),
    p90: nearestRank(values, 90),
    p99: nearestRank(values, 99),
    max: nearestRank(values, 100),
  });
  expect(mean).toBeCloseTo(
    values.reduce((sum, value) => sum + value / values.length, 0),
    5,
  );
  expect(copy.toSorted()).toEqual(Float64Array.from(values).toSorted());
}

const anyValue = fc.double({ min: 0, max: 1e6, noNaN: true });

describe("as sorting gives them", () => {
  test("of any values", () => fc.assert(fc.property(fc.array(anyValue, { minLength: 1, maxLength: 300 }), check)));

  test("of few distinct values", () =>
    fc.assert(fc.property(fc.array(fc.nat(3), { minLength: 1, maxLength: 300 }), check)));

  test.each([1, 2, 3, 9, 10, 11, 99, 100, 101, 1000])(
    "of %i values, in order, in reverse, and all the same",
    (count) => {
      const ascending = Array.from({ length: count }, (_, index) => index + 1);
      check(ascending);
      check(ascending.toReversed());
      check(ascending.fill(7));
    },
  );

  test("of 1 to 100: each is its own percentile", () => {
    const values = Float64Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(quantilesOf(values)).toEqual({ count: 100, min: 1, p50: 50, p90: 90, p99: 99, max: 100, mean: 50.5 });
  });

  test("undefined without values", () => expect(quantilesOf(new Float64Array(0))).toBeUndefined());
});

/**
 * An order in which each partition removes only two values. The least value comes first and the next one in the
 * middle. The others are where the first partition would move them from.
 */
function worstOrder(count: number): Float64Array {
  const values = new Float64Array(count).fill(count);
  const places = Uint32Array.from(values, (_, index) => index);
  for (let low = 0, value = 0; low < count; low += 2) {
    const middle = (low + count - 1) >> 1;
    values[places[low] as number] = value++;
    values[places[middle] as number] = value++;
    places[middle] = places[low + 1] as number;
  }
  return values;
}

test("the worst order, which would take minutes without a limit of partitions", () => {
  const values = worstOrder(400_000);
  const sorted = values.toSorted();
  const [p50, p90, p99] = [sorted[199_999], sorted[359_999], sorted[395_999]];
  expect(quantilesOf(values)).toMatchObject({ count: 400_000, p50, p90, p99 });
});
