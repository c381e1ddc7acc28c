// What a suite gives, and how its figures become cells of the table.
import { ratioSpread, spread, type Spread } from "../measure/statistics.mts";

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
  /** Sentences for below the table. */
  readonly notes?: readonly string[];
}

/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly time: string;
  readonly ratio: string;
  /** What the ratio is to. */
  readonly to: string;
  readonly limit: string;
  readonly reached: boolean | undefined;
}

/** A time by itself. */
export function timeRow(what: string, samples: readonly number[]): Row {
  return { what, time: nanoseconds(spread(samples).median), ratio: "", to: "", limit: "", reached: undefined };
}

/** A time, and its ratio to another that was taken in the same rounds. */
export function ratioRow(
  what: string,
  samples: readonly number[],
  floor: { readonly name: string; readonly samples: readonly number[] },
  limit?: number,
): Row {
  const ratio = ratioSpread(samples, floor.samples);
  return {
    ...timeRow(what, samples),
    ratio: factors(ratio),
    to: floor.name,
    limit: limit === undefined ? "" : `≤ ${limit}`,
    reached: limit === undefined ? undefined : ratio.median <= limit,
  };
}

export function nanoseconds(time: number): string {
  return time < 100 ? `${time.toFixed(1)} ns` : `${Math.round(time).toLocaleString("en")} ns`;
}

export function factors({ p10, median, p90 }: Spread): string {
  return `${median.toFixed(2)} (${p10.toFixed(2)}–${p90.toFixed(2)})`;
}
