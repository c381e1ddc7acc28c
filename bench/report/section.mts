// What a suite returns, and how its samples become the cells of a table.
import { ratioSpread, spread, type Spread } from "../measure/statistics.mts";

export interface Section {
  readonly title: string;
  /** What is measured and how, and what it is compared with: sentences above the table. */
  readonly about: string;
  readonly rows?: readonly Row[];
  /** Sentences below the table. */
  readonly notes?: readonly string[];
}

/** One line of the table. A row with a limit says whether it is reached. */
export interface Row {
  readonly what: string;
  readonly value: string;
  readonly ratio?: string;
  readonly comparedWith?: string;
  readonly limit?: string;
  readonly isReached?: boolean;
}

export type Unit = "ns" | "ms" | "bytes" | "/s";

export interface Limit {
  readonly text: string;
  isReachedBy(value: number): boolean;
}

/** Samples that others are compared with. */
export interface Base {
  readonly name: string;
  readonly samples: readonly number[];
}

interface RatioOptions {
  readonly unit?: Unit;
  readonly limit?: Limit | undefined;
}

export function atMost(most: number): Limit {
  return { text: `≤ ${most}`, isReachedBy: (value) => value <= most };
}

export function atLeast(least: number): Limit {
  return { text: `≥ ${least}`, isReachedBy: (value) => value >= least };
}

/** A value by itself. The limit, if any, is one of the value. */
export function valueRow(what: string, samples: readonly number[], unit: Unit = "ns", limit?: Limit): Row {
  const { p10, median, p90 } = spread(samples);
  const value = `${format(median, unit)} ${unit} (${format(p10, unit)}–${format(p90, unit)})`;
  if (!limit) return { what, value };
  return { what, value, limit: `${limit.text} ${unit}`, isReached: limit.isReachedBy(median) };
}

/** A value and its ratio to another, sample by sample. The limit, if any, is one of the ratio. */
export function ratioRow(
  what: string,
  samples: readonly number[],
  base: Base,
  { unit, limit }: RatioOptions = {},
): Row {
  const ratio = ratioSpread(samples, base.samples);
  const row = { ...valueRow(what, samples, unit), ratio: formatRatio(ratio), comparedWith: base.name };
  return limit ? { ...row, limit: limit.text, isReached: limit.isReachedBy(ratio.median) } : row;
}

function format(value: number, unit: Unit): string {
  const digits = unit === "ms" || (unit === "ns" && value < 100) ? 1 : 0;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function formatRatio({ p10, median, p90 }: Spread): string {
  return `${median.toFixed(2)} (${p10.toFixed(2)}–${p90.toFixed(2)})`;
}
