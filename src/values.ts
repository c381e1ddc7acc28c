// The kinds of values that options take, and what is said of any other value, in the words of Node's own errors.
import { inspect } from "node:util";
import { Failure } from "./errors";

/** Returns the value to use, or why it is refused. `name` is for the message: `"options.mode"`. */
export type Reader<T> = (name: string, value: unknown) => T | Failure;

/** Any function: what it takes and returns can't be looked up. `never` fits every type of a function. */
export const readFunction: Reader<never> = (name, value) =>
  typeof value === "function" ? (value as never) : wrongValue(name, "be of type function", value);

export const readBoolean: Reader<boolean> = (name, value) =>
  typeof value === "boolean" ? value : wrongValue(name, "be of type boolean", value);

export const readString: Reader<string> = (name, value) =>
  typeof value === "string" ? value : wrongValue(name, "be of type string", value);

/** From 0 on, `Infinity` included. */
export const readDuration: Reader<number> = (name, value) =>
  typeof value === "number" && value >= 0 ? value : wrongValue(name, "be a number from 0 on", value);

/** `mostText`: the greatest one as users write it. */
export function readInteger(most: number, mostText: string = String(most)): Reader<number> {
  return (name, value) =>
    isInteger(value, most) ? value : wrongValue(name, `be an integer from 0 to ${mostText}`, value);
}

export function readOneOf<const T extends readonly (string | number)[]>(...choices: T): Reader<T[number]> {
  const list = choices.map((choice) => inspect(choice)).join(", ");
  return (name, value) => choices.find((choice) => choice === value) ?? wrongValue(name, `be one of: ${list}`, value);
}

/** A copy, so that the list does not change any more. */
export function readListOf<T>(readElement: Reader<T>): Reader<readonly T[]> {
  return (name, value) => {
    if (!Array.isArray(value)) return wrongValue(name, "be an array", value);
    const list: T[] = [];
    // By number, not by iterator, which a list may have of its own.
    for (let index = 0; index < value.length; index++) {
      const element = readElement(`${name}[${index}]`, value[index]);
      if (element instanceof Failure) return element;
      list.push(element);
    }
    return list;
  };
}

/** `(uid_t) -1` is nobody's: chown(2) takes it for "as it is". */
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

/** `The "options.context" argument must be of type function. Received type string ('yes')` */
export function wrongValue(name: string, must: string, value: unknown, advice?: string): Failure {
  const message = `The "${name}" argument must ${must}. Received ${received(value)}`;
  return Failure.ofMistake(advice === undefined ? message : `${message}. ${advice}`);
}

const MAX_LENGTH = 60;

/** Also for objects that throw when they are looked at. */
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
