// Options and rules are closed: an unknown key is refused, because a misspelt option would be ignored, and a misspelt
// condition would let strangers in. One table per object says which keys there are, and which values each takes
// (values.ts).
import { Failure } from "./errors";
import { type Reader, wrongValue } from "./values";

/** A reader for each key of `T`. The compiler refuses a table that lacks one. */
export type Readers<T> = { readonly [Key in keyof T]-?: Reader<Exclude<T[Key], undefined>> };

/**
 * Checks `value` and returns a copy with every key of `readers`. Use the copy only: it does not change, and it inherits
 * nothing. Every option takes `undefined`; neither `null` nor an inherited property stands for it.
 *
 * @param name - The argument's name, for messages.
 * @param removed - For each key of an earlier version, what to do instead.
 */
export function readOptions<T extends object>(
  name: string,
  value: unknown,
  readers: Readers<T>,
  removed: Readonly<Record<string, string>> = {},
): Readonly<T> | Failure {
  try {
    return read(name, value, readers, removed);
  } catch (cause) {
    return Failure.ofMistake(`The "${name}" argument must be readable. A property of it throws`, cause);
  }
}

function read<T extends object>(
  name: string,
  value: unknown,
  readers: Readers<T>,
  removed: Readonly<Record<string, string>>,
): Readonly<T> | Failure {
  if (!isPlainObject(value)) return wrongValue(name, "be a plain object, which inherits nothing", value);
  const unknown = findUnknownKey(value, readers);
  if (unknown !== undefined) return refuseKey(name, unknown, Object.keys(readers), removed);
  const copy: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(readers)) {
    // A polluted Object.prototype has no say.
    const option = Object.hasOwn(value, key) ? value[key] : undefined;
    const result = option === undefined ? undefined : readers[key as keyof T](`${name}.${key}`, option);
    if (result instanceof Failure) return result;
    copy[key] = result;
  }
  return copy as T;
}

/**
 * Not an instance of a class, nor an object made from another: what these inherit would be ignored, and a condition
 * with it.
 */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || isRoot(prototype as object);
}

/** Whether it is the `Object.prototype` of this or of another context (node:vm, Jest). */
function isRoot(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}

/** Keys that are not enumerable count, but for symbols: libraries mark objects with those. */
function findUnknownKey(value: object, readers: object): string | symbol | undefined {
  return Reflect.ownKeys(value).find((key) => {
    if (typeof key === "string") return !Object.hasOwn(readers, key);
    return Object.prototype.propertyIsEnumerable.call(value, key);
  });
}

function refuseKey(
  name: string,
  key: string | symbol,
  known: readonly string[],
  removed: Readonly<Record<string, string>>,
): Failure {
  const text = String(key);
  if (Object.hasOwn(removed, text)) {
    return Failure.ofMistake(`The "${name}.${text}" argument was removed: ${removed[text]}`);
  }
  return Failure.ofMistake(`The "${name}" argument has the unknown key "${text}". ${advise(text, known)}`);
}

function advise(key: string, known: readonly string[]): string {
  const nearest = findNearest(key, known);
  if (nearest !== undefined) return `Did you mean "${nearest}"?`;
  return known.length === 0 ? "It takes none" : `It takes ${known.map((each) => `"${each}"`).join(", ")}`;
}

/** The word that needs the fewest edits, if they are at most half of its letters. */
function findNearest(word: string, candidates: readonly string[]): string | undefined {
  const rated = candidates
    // No fewer edits than letters too many or too few. Spares the count for words of any length.
    .filter((candidate) => Math.abs(candidate.length - word.length) <= candidate.length / 2)
    .map((candidate) => ({ candidate, edits: countEdits(word, candidate) }));
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
