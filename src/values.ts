// Readers of option values, and error messages for wrong values, in the form of Node's own errors.
import { inspect } from "node:util";
import { Failure } from "./errors";

/** Returns the value to use, or why it is refused. `name` goes into the message: `"options.mode"`. */
export type Reader<T> = (name: string, value: unknown) => T | Failure;

/**
 * Accepts any function, because parameters and results can't be checked. It returns `never`, which fits every type of
 * function.
 */
export const readFunction: Reader<never> = (name, value) =>
  typeof value === "function" ? (value as never) : wrongValue(name, "be of type function", value);

export const readBoolean: Reader<boolean> = (name, value) =>
  typeof value === "boolean" ? value : wrongValue(name, "be of type boolean", value);

export const readString: Reader<string> = (name, value) =>
  typeof value === "string" ? value : wrongValue(name, "be of type string", value);

/** Accepts numbers from 0 on, `Infinity` included. */
export const readDuration: Reader<number> = (name, value) =>
  typeof value === "number" && value >= 0 ? value : wrongValue(name, "be a number of 0 or more", value);

/** The longest delay of Node's timers. They take longer ones for 1 ms. */
export const LONGEST_DELAY_MS = 2_147_483_647;

/** @param mostText - How users write the number `most`: `"0o777"`. */
export function readInteger(most: number, mostText: string = String(most)): Reader<number> {
  return (name, value) =>
    isInteger(value, most) ? value : wrongValue(name, `be an integer from 0 to ${mostText}`, value);
}

export function readOneOf<const T extends readonly (string | number)[]>(...choices: T): Reader<T[number]> {
  return (name, value) => choices.find((choice) => choice === value) ?? notOneOf(name, choices, value);
}

function notOneOf(name: string, choices: readonly (string | number)[], value: unknown): Failure {
  return wrongValue(name, `be one of: ${choices.map((choice) => inspect(choice)).join(", ")}`, value);
}

/** Returns a copy, so that later changes of the list have no effect. */
export function readListOf<T>(readElement: Reader<T>): Reader<readonly T[]> {
  return (name, value) => {
    if (!Array.isArray(value)) return wrongValue(name, "be an array", value);
    const list: T[] = [];
    // By index, because a list may have an iterator of its own.
    for (let index = 0; index < value.length; index++) {
      const element = readElement(`${name}[${index}]`, value[index]);
      if (element instanceof Failure) return element;
      list.push(element);
    }
    return list;
  };
}

/** One less than `(uid_t) -1`, which is no id: chown(2) reads it as "leave unchanged". */
const LAST_ID = 0xffff_fffe;

/** The number of a user or group. */
export const readId: Reader<number> = readInteger(LAST_ID);

export const readIdOrName: Reader<number | string> = (name, value) => {
  if ((typeof value === "string" && value !== "") || isInteger(value, LAST_ID)) return value;
  return wrongValue(name, `be an integer from 0 to ${LAST_ID} or a name`, value);
};

function isInteger(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

/**
 * The failure for a wrong argument or option, with a message in Node's form:
 *
 *     The "options.context" argument must be of type function. Received type string ('yes')
 *
 * @param must - The words between "must" and the full stop.
 * @param advice - A last sentence, without a full stop.
 */
export function wrongValue(name: string, must: string, value: unknown, advice?: string): Failure {
  const message = `The "${name}" argument must ${must}. Received ${received(value)}`;
  return Failure.ofMistake(advice === undefined ? message : `${message}. ${advice}`);
}

const MAX_LENGTH = 60;

/** Describes a value as Node's errors do. Never throws, not even for objects whose properties throw. */
export function received(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "function") return `function ${nameOf(value) ?? ""}`.trim();
  if (typeof value === "object") {
    const name = nameOf(constructorOf(value));
    return name === undefined ? "an object" : `an instance of ${name}`;
  }
  const text = inspect(value);
  return `type ${typeof value} (${text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}...` : text})`;
}

function constructorOf(value: object): unknown {
  try {
    return value.constructor;
  } catch {
    return undefined;
  }
}

function nameOf(value: unknown): string | undefined {
  try {
    const { name } = value as { name?: unknown };
    return typeof name === "string" && name !== "" ? name : undefined;
  } catch {
    return undefined;
  }
}
