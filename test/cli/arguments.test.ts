// The arguments of commands: options with values, which mistakes are found, and what is suggested.
import { describe, expect, test } from "vitest";
import { didYouMean, readArguments, readOptions } from "../../src/cli/arguments";
import { type Command, UsageError } from "../../src/cli/command";

const OPTIONS = {
  json: { type: "boolean", help: "" },
  limit: { type: "string", short: "l", value: "<n>", help: "" },
} as const;

const read = (...args: string[]) => readOptions(OPTIONS, args);

test.each([
  [["--limit", "5"], "5"],
  [["--limit=5"], "5"],
  [["-l", "5"], "5"],
  [["-l5"], "5"],
  [["--limit=-5"], "-5"],
  [["--limit", "5", "--limit", "6"], "6"],
])("%j", (args, value) => expect(read(...args).valueOf("limit")).toBe(value));

test("absent options", () => {
  const args = read("a", "--json", "b");
  expect([args.has("json"), args.has("limit"), args.valueOf("limit")]).toEqual([true, false, undefined]);
  expect(args.operands).toEqual(["a", "b"]);
});

describe("mistakes", () => {
  test.each([
    [["--limit"], 'Option "--limit" needs a value'],
    [["--limit="], 'Option "--limit" needs a value'],
    [["--limit", "--json"], 'Option "--limit" needs a value'],
    [["--limt", "5"], 'Unknown option "--limt". Did you mean "--limit"?'],
    [["--json=1"], 'Option "--json" takes no value'],
    [["--no-json"], 'Unknown option "--no-json"'],
    [["--constructor"], 'Unknown option "--constructor"'],
    [["-z"], 'Unknown option "-z"'],
  ])("%j", (args, message) => {
    expect(() => read(...args)).toThrow(UsageError);
    expect(() => read(...args)).toThrow(message);
  });

  test("too few and too many operands", () => {
    const command = { options: OPTIONS, operands: { least: 1, most: 2 } } as unknown as Command;
    expect(() => readArguments(command, [])).toThrow("An argument is missing");
    expect(() => readArguments(command, ["a", "b", "c"])).toThrow('Unexpected argument "c"');
    expect(readArguments(command, ["a", "b"]).operands).toEqual(["a", "b"]);
  });
});

test("suggestions", () => {
  expect(didYouMean("listner", ["top", "listeners"])).toBe('. Did you mean "listeners"?');
  expect(didYouMean("x".repeat(1e6), ["top"])).toBe("");
});
