// Quantiles against their definition.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { rttQuantiles } from "../../src/metrics/quantiles";

/** The least value that at least `percent` % of all values do not exceed. */
function nearestRank(values: readonly number[], percent: number): number | undefined {
  const reaches = (value: number) => values.filter((other) => other <= value).length * 100 >= percent * values.length;
  return values.toSorted((a, b) => a - b).find(reaches);
}

test("are the values of single connections, in seconds", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 300 }), (rttsMs) => {
      const at = (percent: number) => (nearestRank(rttsMs, percent) ?? NaN) / 1000;
      expect(rttQuantiles(rttsMs)).toEqual({ p50: at(50), p90: at(90), p99: at(99) });
    }),
  );
});

test("of no connection are undefined", () => expect(rttQuantiles([])).toBeUndefined());
