// Numbers → their quantiles, exact. Pure. snapshot.ts collects the numbers.

/** How the values of many connections are distributed. Each is a value that one of them has, but for `mean`. */
export interface Quantiles {
  /** How many values there were. */
  readonly count: number;
  readonly min: number;
  /** The median. This and the two below by nearest rank: the least value that at least 50, 90, 99 % of all do not exceed. */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  /** Of the values themselves: each connection counts as one, however much it carries. */
  readonly mean: number;
}

/** `undefined` of no values. Leaves them in another order. None may be `NaN`. */
export function quantilesOf(values: Float64Array): Quantiles | undefined {
  const count = values.length;
  if (count === 0) return undefined;
  let [min, max, sum] = [Infinity, -Infinity, 0];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  const [at50, at90, at99] = [50, 90, 99].map((percent) => Math.ceil((percent * count) / 100) - 1) as RankTriple;
  const p50 = select(values, at50, 0);
  const p90 = select(values, at90, at50);
  const p99 = select(values, at99, at90);
  return { count, min, p50, p90, p99, max, mean: sum / count };
}

type RankTriple = [number, number, number];

/**
 * The value that sorting would put at index `rank`, by Hoare's quickselect. Before `low` there must be none that is greater
 * than those behind; afterwards the same is true of `rank`.
 *
 * A tenth of the time of sorting, or of filling a histogram, which would not be exact.
 */
function select(values: Float64Array, rank: number, low: number): number {
  let high = values.length - 1;
  // Halves it each time, more or less. Where it does not, in an order made to defeat it, sorting is quicker.
  for (let patience = 2 * Math.log2(values.length); low < high && patience > 0; patience--) {
    const middle = partition(values, low, high);
    if (rank <= middle) high = middle;
    else low = middle + 1;
  }
  if (low < high) values.subarray(low, high + 1).sort();
  return values[rank] as number;
}

/** Leaves no value up to the returned index greater than any from there to `high`; that index is less than `high`. */
function partition(values: Float64Array, low: number, high: number): number {
  const pivot = medianOf3(values[low] as number, values[(low + high) >> 1] as number, values[high] as number);
  for (let left = low, right = high; ; left++, right--) {
    while ((values[left] as number) < pivot) left++;
    while ((values[right] as number) > pivot) right--;
    if (left >= right) return Math.min(right, high - 1);
    const value = values[left] as number;
    values[left] = values[right] as number;
    values[right] = value;
  }
}

function medianOf3(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
