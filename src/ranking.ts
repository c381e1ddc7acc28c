// Finds the first rows of an order. No imports, because the page and the terminal view share it.

/**
 * The places of the `limit` largest keys, the largest first. Equal keys are in the order of their ties, or of their
 * places. Numbers are sorted without a comparator, which is several times faster, whatever order they have.
 *
 * @param keys - Without NaN.
 */
export function firstPlaces(keys: Float64Array, limit: number, ties?: Float64Array): number[] {
  const least = limit < keys.length ? (keys.toSorted()[keys.length - limit] ?? Infinity) : -Infinity;
  const above: number[] = [];
  const equal: number[] = [];
  for (let place = 0; place < keys.length; place++) {
    const key = keys[place] as number;
    if (key > least) above.push(place);
    else if (key === least) equal.push(place);
  }
  const missing = Math.max(0, limit - above.length);
  const chosen = ties === undefined ? equal.slice(0, missing) : lowest(equal, missing, ties);
  // The sort is stable. A difference of infinities would be NaN.
  return [...above, ...chosen].toSorted(
    (one, other) =>
      compare(keys[other] as number, keys[one] as number) ||
      (ties === undefined ? 0 : compare(ties[one] as number, ties[other] as number)),
  );
}

/** Those of `places` with the lowest ties. */
function lowest(places: readonly number[], limit: number, ties: Float64Array): number[] {
  const keys = Float64Array.from(places, (place) => -(ties[place] as number));
  return firstPlaces(keys, limit).map((index) => places[index] as number);
}

function compare(one: number, other: number): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
