// Options are closed: src/options.ts refuses a key that it does not know, and names the nearest one that it knows.
import { describe, expect, test } from "vitest";
import { Failure } from "../../src/errors";
import { refuseOptions } from "../../src/options";

const KNOWN = ["context", "maxConnections", "ownerReadBody"];

function detailOf(options: unknown, known = KNOWN, removed: Record<string, string> = {}): string | undefined {
  const failure = refuseOptions(options, known, removed);
  if (failure === undefined) return undefined;
  expect(failure).toBeInstanceOf(Failure);
  expect(failure.code).toBe("ERR_SOCKINFO_INVALID_ARGUMENT");
  return failure.message.replace(/^The argument is not of a kind that is accepted: /, "");
}

describe("accepted", () => {
  test.each([
    ["undefined", undefined],
    ["no keys", {}],
    ["known keys", { context: () => {}, ownerReadBody: true }],
    ["a key with the value undefined", { context: undefined }],
    ["known keys without a prototype", Object.assign(Object.create(null) as object, { context: 1 })],
    ["inherited known keys", Object.create({ context: 1 })],
    [
      "an instance of a class with known keys",
      new (class {
        context = 1;
        method() {}
      })(),
    ],
    ["a key that is not enumerable", Object.defineProperty({}, "unknown", { value: 1, enumerable: false })],
    ["a symbol", { [Symbol("unknown")]: 1 }],
    ["a frozen object", Object.freeze({ context: 1 })],
  ])("%s", (_, options) => expect(detailOf(options)).toBeUndefined());
});

describe("not an object", () => {
  test.each([
    [null, "null"],
    [0, "0"],
    [true, "true"],
    ["context", "'context'"],
    ["", "''"],
    [Symbol("context"), "Symbol(context)"],
    [1n, "1n"],
  ])("%o", (options, received) => {
    expect(detailOf(options)).toBe(`the options must be an object. Received ${received}`);
  });

  test("a function", () => expect(detailOf(() => {})).toMatch(/^the options must be an object\. Received \[Function/));
});

describe("an unknown key, and the nearest that is known", () => {
  test.each([
    ["contxt", "context"],
    ["Context", "context"],
    ["contexts", "context"],
    ["maxConnection", "maxConnections"],
    ["max-connections", "maxConnections"],
    ["ownerReadsBody", "ownerReadBody"],
    ["ownerReadTheBody", "ownerReadBody"],
  ])("%s", (key, nearest) => {
    expect(detailOf({ [key]: 1 })).toBe(`unknown option "${key}". Did you mean "${nearest}"?`);
  });

  test.each(["x", "somethingElse", "", "0", "toString", "constructor"])("%o is near to none", (key) => {
    expect(detailOf({ [key]: 1 })).toBe(`unknown option "${key}"`);
  });

  test("at most half of the known key's letters may differ", () => {
    expect(detailOf({ abxx: 1 }, ["abcd"])).toBe('unknown option "abxx". Did you mean "abcd"?');
    expect(detailOf({ axxx: 1 }, ["abcd"])).toBe('unknown option "axxx"');
  });

  test("where none is known, none is named", () => expect(detailOf({ hold: 1 }, [])).toBe('unknown option "hold"'));

  test("beside known keys", () => expect(detailOf({ context: 1, y: 2 })).toBe('unknown option "y"'));

  test("with the value undefined", () => expect(detailOf({ y: undefined })).toBe('unknown option "y"'));

  test("inherited", () => expect(detailOf(Object.create({ y: 1 }))).toBe('unknown option "y"'));

  test("an own __proto__", () => {
    expect(detailOf(JSON.parse('{"__proto__": 1}'))).toBe('unknown option "__proto__"');
  });

  test("the elements of an array", () => expect(detailOf(["context"])).toBe('unknown option "0"'));
});

describe("a removed key", () => {
  const REMOVED = { hold: "call hijack() at once" };

  test("is refused by name, with what to do instead", () => {
    expect(detailOf({ hold: undefined }, KNOWN, REMOVED)).toBe('the option "hold" was removed: call hijack() at once');
  });

  test("inherited", () => {
    expect(detailOf(Object.create({ hold: 1 }), KNOWN, REMOVED)).toMatch(/^the option "hold" was removed/);
  });

  test("no key of Object.prototype is one", () => {
    expect(detailOf({ valueOf: 1 }, KNOWN, REMOVED)).toBe('unknown option "valueOf"');
  });
});

test("the error names the public function as its caller", () => {
  const failure = refuseOptions({ y: 1 }, KNOWN);
  expect(failure?.toError(detailOf)).toMatchObject({ name: "SocketInfoError", code: "ERR_SOCKINFO_INVALID_ARGUMENT" });
});
