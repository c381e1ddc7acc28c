// What a suite returns, and how its samples become the cells of a table.
import { differences, quietest, ratioSpread, spread, type Spread } from "../measure/statistics.mts";

export interface Section {
  readonly title: string;
  /** What is measured and how, and what it is compared with: sentences above the table. */
  readonly about: string;
  /** Markdown between the text and the table. */
  readonly chart?: string;
  readonly rows?: readonly Row[];
  /** Sentences below the table. */
  readonly notes?: readonly string[];
}

/** One line of the table. A row with a limit says whether it is reached. */
export interface Row {
  readonly what: string;
  readonly value: string;
  readonly ratio?: string;
  /** The quietest rounds: of the ratio, or of the value where there is no ratio. */
  readonly quietest?: string;
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

interface ComparisonOptions {
  readonly unit?: Unit;
  readonly limit?: Limit | undefined;
}

export function atMost(most: number): Limit {
  return { text: `≤ ${most}`, isReachedBy: (value) => value <= most };
}

/**
 * A value by itself. The limit, if any, is one of the quietest time, or of the median of what is no time: noise adds to
 * times only.
 */
export function valueRow(what: string, samples: readonly number[], unit: Unit = "ns", limit?: Limit): Row {
  const value = formatSpread(samples, unit);
  if (!isTime(unit)) return { what, value, ...judge(spread(samples).median, limit, unit) };
  const least = quietest(samples);
  return { what, value, quietest: `${format(least, unit)} ${unit}`, ...judge(least, limit, unit) };
}

/** A value and its ratio to another, sample by sample. The limit, if any, is one of the ratio of the quietest times. */
export function ratioRow(
  what: string,
  samples: readonly number[],
  base: Base,
  { unit = "ns", limit }: ComparisonOptions = {},
): Row {
  const ratio = formatRatio(ratioSpread(samples, base.samples));
  const row = { what, value: formatSpread(samples, unit), ratio, comparedWith: base.name };
  if (!isTime(unit)) return row;
  const least = quietest(samples) / quietest(base.samples);
  return { ...row, quietest: least.toFixed(2), ...judge(least, limit) };
}

/** How much more a value is than another, sample by sample. The limit, if any, is one of the quietest times' difference. */
export function differenceRow(
  what: string,
  samples: readonly number[],
  base: Base,
  { unit = "ns", limit }: ComparisonOptions = {},
): Row {
  const least = quietest(samples) - quietest(base.samples);
  return {
    what,
    value: formatSpread(differences(samples, base.samples), unit),
    quietest: `${format(least, unit)} ${unit}`,
    comparedWith: base.name,
    ...judge(least, limit, unit),
  };
}

function isTime(unit: Unit): boolean {
  return unit === "ns" || unit === "ms";
}

function judge(value: number, limit: Limit | undefined, unit?: Unit): Pick<Row, "limit" | "isReached"> {
  if (!limit) return {};
  return { limit: unit ? `${limit.text} ${unit}` : limit.text, isReached: limit.isReachedBy(value) };
}

function formatSpread(samples: readonly number[], unit: Unit): string {
  const { p10, median, p90 } = spread(samples);
  return `${format(median, unit)} ${unit} (${format(p10, unit)}–${format(p90, unit)})`;
}

function format(value: number, unit: Unit): string {
  const digits = unit === "ms" || (unit === "ns" && Math.abs(value) < 100) ? 1 : 0;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function formatRatio({ p10, median, p90 }: Spread): string {
  return `${median.toFixed(2)} (${p10.toFixed(2)}–${p90.toFixed(2)})`;
}
