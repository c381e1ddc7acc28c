// The first rows of an order, without sorting all of them.

/** Up to this number, the first rows are kept sorted while all are read. Above it, sorting all is quicker. */
const MOST_INSERTED = 400;

/**
 * The first `count` of `places` by `keys[place]`. Places without a key (NaN) come last in both directions. Equal keys
 * are in the order of `ties[place]`, so that rows keep their places between two looks.
 */
export function rank(
  places: Uint32Array,
  count: number,
  keys: Float64Array,
  ties: Float64Array,
  isDescending: boolean,
): Uint32Array {
  const sign = isDescending ? -1 : 1;
  const compare = (one: number, other: number): number => {
    const [a, b] = [keys[one] as number, keys[other] as number];
    if (a < b) return -sign;
    if (a > b) return sign;
    // One of them is NaN, or they are equal.
    const missing = Number(a !== a) - Number(b !== b);
    return missing || (ties[one] as number) - (ties[other] as number);
  };
  if (count > MOST_INSERTED) return places.toSorted(compare).subarray(0, count);
  const first: number[] = [];
  for (const place of places) {
    if (first.length === count && (count === 0 || compare(place, first[count - 1] as number) >= 0)) continue;
    if (first.length === count) first.pop();
    let at = first.length;
    while (at > 0 && compare(place, first[at - 1] as number) < 0) at--;
    first.splice(at, 0, place);
  }
  return Uint32Array.from(first);
}
