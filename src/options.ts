// Reads objects of options and rules, and refuses unknown keys: a misspelt option would otherwise be ignored, and a
// misspelt condition would let strangers in.
import { Failure } from "./errors";
import { type Reader, wrongValue } from "./values";

/** A reader for each key of `T`. A table that lacks one does not compile. */
export type Readers<T> = { readonly [Key in keyof T]-?: Reader<Exclude<T[Key], undefined>> };

/**
 * Checks `value` and returns a copy with every key of `readers`. Use only the copy: it does not change, and it
 * inherits nothing. `undefined` means "not given" for every option; `null` is refused; inherited properties are
 * ignored.
 *
 * @param name - The argument's name, for messages.
 * @param removed - For each key of an earlier version, the replacement, as the end of the message.
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
    return Failure.ofMistake(`The "${name}" argument must be readable. One of its properties threw an error`, cause);
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
    // Own properties only: a polluted Object.prototype must not set an option.
    const option = Object.hasOwn(value, key) ? value[key] : undefined;
    const result = option === undefined ? undefined : readers[key as keyof T](`${name}.${key}`, option);
    if (result instanceof Failure) return result;
    copy[key] = result;
  }
  return copy as T;
}

/**
 * False for instances of classes and for objects made from another object, because a condition that they inherit would
 * be ignored.
 */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || isObjectPrototype(prototype as object);
}

/** True for the `Object.prototype` of any context (node:vm, Jest). */
function isObjectPrototype(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}

/** Includes keys that are not enumerable, except for symbols, because libraries mark objects with such symbols. */
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
  return `Its known keys are: ${known.map((each) => `"${each}"`).join(", ") || "none"}`;
}

/** The candidate that needs the fewest edits, if these are at most half of its letters. */
export function findNearest(word: string, candidates: readonly string[]): string | undefined {
  const rated = candidates
    // The difference in length is the least number of edits. This check saves counting the edits of very long words.
    .filter((candidate) => Math.abs(candidate.length - word.length) <= candidate.length / 2)
    .map((candidate) => ({ candidate, edits: countEdits(word, candidate) }));
  const [nearest] = rated.toSorted((one, other) => one.edits - other.edits);
  return nearest && nearest.edits <= nearest.candidate.length / 2 ? nearest.candidate : undefined;
}

/** The Levenshtein distance. */
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
