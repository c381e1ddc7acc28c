// Options are closed: a key that is not known is refused, as a misspelt option would be ignored in silence otherwise.
import { inspect } from "node:util";
import { Failure } from "./errors";

/**
 * Refuses anything but an object whose keys are in `known`, or `undefined`. `removed` has, for each key of an earlier version, what to do
 * instead.
 */
export function refuseOptions(
  options: unknown,
  known: readonly string[],
  removed: Readonly<Record<string, string>> = {},
): Failure | undefined {
  if (options === undefined) return undefined;
  if (typeof options !== "object" || options === null) {
    return Failure.ofArgument(`the options must be an object. Received ${inspect(options)}`);
  }
  // Inherited keys count: the options are read as properties.
  for (const key in options) {
    if (known.includes(key)) continue;
    const instead = Object.hasOwn(removed, key) ? removed[key] : undefined;
    if (instead !== undefined) return Failure.ofArgument(`the option "${key}" was removed: ${instead}`);
    const nearest = findNearest(key, known);
    return Failure.ofArgument(`unknown option "${key}"${nearest === undefined ? "" : `. Did you mean "${nearest}"?`}`);
  }
  return undefined;
}

/** The word that needs the fewest edits, if they are at most half of its letters. */
function findNearest(word: string, candidates: readonly string[]): string | undefined {
  const rated = candidates.map((candidate) => ({ candidate, edits: countEdits(word, candidate) }));
  const [nearest] = rated.toSorted((one, other) => one.edits - other.edits);
  return nearest && nearest.edits <= nearest.candidate.length / 2 ? nearest.candidate : undefined;
}

/** Levenshtein's distance. */
function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let index = 0; index < from.length; index++) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column++) {
      const substitution = (row[column - 1] ?? 0) + (from[index] === to[column - 1] ? 0 : 1);
      next.push(Math.min((row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
