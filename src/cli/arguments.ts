// The arguments of a command, with suggestions for what is misspelt.
import { parseArgs } from "node:util";
import { findNearest } from "../core";
import { type Arguments, type Command, type Option, UsageError } from "./command";

/** Options of every command, and of sockinfo itself. */
export const COMMON: Readonly<Record<string, Option>> = {
  help: { type: "boolean", short: "h", help: "Print this help" },
};

/** @throws A `UsageError`. With `--help` nothing else is checked. */
export function readArguments({ options, operands: { least, most } }: Command, args: readonly string[]): Arguments {
  const read = readOptions({ ...options, ...COMMON }, args);
  if (read.has("help")) return read;
  const surplus = read.operands[most];
  if (surplus !== undefined) throw new UsageError(`Unexpected argument "${surplus}"`);
  if (read.operands.length < least) throw new UsageError("An argument is missing");
  return read;
}

/** @throws A `UsageError` for an unknown option, and for one without its value or with one too many. */
export function readOptions(options: Readonly<Record<string, Option>>, args: readonly string[]): Arguments {
  // Not strict, because Node's own messages have no suggestions.
  const { positionals, tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const given = new Map<string, string | undefined>();
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    checkOption(options, token);
    given.set(token.name, token.value);
  }
  return {
    operands: positionals,
    has: (option) => given.has(option),
    valueOf: (option) => given.get(option),
  };
}

interface Token {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function checkOption(options: Readonly<Record<string, Option>>, { name, rawName, value, inlineValue }: Token): void {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option === undefined) {
    throw new UsageError(`Unknown option "${rawName}"${didYouMean(name, Object.keys(options), "--")}`);
  }
  if (option.type === "boolean" && value !== undefined) throw new UsageError(`Option "${rawName}" takes no value`);
  // "--limit --json": the value was forgotten.
  const isMissing = value === undefined || value === "" || (!inlineValue && value.startsWith("-"));
  if (option.type === "string" && isMissing) throw new UsageError(`Option "${rawName}" needs a value`);
}

/** `. Did you mean "--json"?`, or nothing. */
export function didYouMean(word: string, candidates: readonly string[], prefix = ""): string {
  const nearest = findNearest(word, candidates);
  return nearest === undefined ? "" : `. Did you mean "${prefix}${nearest}"?`;
}
