// The first rows of an order, without sorting all of them.
import { firstPlaces } from "../../ranking";

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
  const wanted = Float64Array.from(places, (place) => {
    const key = keys[place] as number;
    if (Number.isNaN(key)) return -Infinity;
    return isDescending ? key : -key;
  });
  const first = firstPlaces(
    wanted,
    count,
    Float64Array.from(places, (place) => ties[place] as number),
  );
  return Uint32Array.from(first, (index) => places[index] as number);
}
