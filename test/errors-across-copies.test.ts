// `instanceof SocketInfoError` across copies of the package, and for values that only look like one of its errors.
import { createRequire } from "node:module";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import * as ours from "sockinfo";
import { SocketInfoError } from "sockinfo";
import * as ourHijack from "sockinfo/hijack";
import { afterAll, describe, expect, test } from "vitest";
import { makeCopy } from "./helpers/copy";

const { home, remove } = makeCopy();
afterAll(remove);
const load = createRequire(import.meta.url);
const theirs = load(join(home, "dist/index.js")) as typeof ours;
const theirHijack = load(join(home, "dist/hijack/index.js")) as typeof ourHijack;

const BRAND = Symbol.for("sockinfo.SocketInfoError");

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("it did not throw");
}

const theirError = thrownBy(() => theirs.getTcpInfo({} as never));
const ourError = thrownBy(() => ours.getTcpInfo({} as never));

test("each copy has its own class", () => expect(theirs.SocketInfoError).not.toBe(SocketInfoError));

describe("instanceof holds for the errors of", () => {
  test.each([
    ["this copy", ourError],
    ["the other copy", theirError],
    ["a subpath of the other copy", thrownBy(() => theirHijack.enableHijack({} as never))],
    ["a system call, in the other copy", thrownBy(() => theirs.getTcpInfo(0x7fff_ffff))],
  ])("%s", (_name, error) => {
    expect(error instanceof SocketInfoError).toBe(true);
    expect(error instanceof theirs.SocketInfoError).toBe(true);
    expect(error instanceof Error).toBe(true);
    expect(error).toMatchObject({ name: "SocketInfoError", code: expect.any(String) });
  });
});

describe("a subclass", () => {
  // The constructor is not public, but JavaScript has it.
  class Own extends (SocketInfoError as unknown as new (failure: object) => SocketInfoError) {}
  class Related extends (SocketInfoError as unknown as new (failure: object) => SocketInfoError) {}
  const failure = { code: "EPERM", message: "no", errno: -1, syscall: "bind", cause: undefined };

  test("has only its own instances", () => {
    const own = new Own(failure);
    expect(own instanceof Own).toBe(true);
    expect(own instanceof Related).toBe(false);
    expect(ourError instanceof Own).toBe(false);
    expect(theirError instanceof Own).toBe(false);
  });

  test("has instances that are SocketInfoErrors, for both copies", () => {
    expect(new Own(failure) instanceof SocketInfoError).toBe(true);
    expect(new Own(failure) instanceof theirs.SocketInfoError).toBe(true);
  });
});

describe("instanceof does not hold for", () => {
  test.each<[string, unknown]>([
    ["an Error", new Error("x")],
    ["an Error with a code of sockinfo's", Object.assign(new Error("x"), { code: "ERR_SOCKINFO_NO_SOCKET" })],
    ["an Error of that name", Object.assign(new Error("x"), { name: "SocketInfoError" })],
    ["an Error whose mark has another value", Object.assign(new Error("x"), { [BRAND]: "yes" })],
    ["an object with the mark", { [BRAND]: true, code: "ERR_SOCKINFO_NO_SOCKET" }],
    ["a function with the mark", Object.assign(() => {}, { [BRAND]: true })],
    ["the prototype", SocketInfoError.prototype],
    ["the other copy's prototype", theirs.SocketInfoError.prototype],
    ["the class", SocketInfoError],
    ["an error that was sent to another thread", structuredClone(ourError)],
    ["an Error of another context", runInNewContext("new Error('x')")],
    ["undefined", undefined],
    ["null", null],
    ["text", "SocketInfoError"],
    ["an object that throws when it is read", new Proxy({}, { get: () => thrower() })],
  ])("%s", (_name, value) => expect(value instanceof SocketInfoError).toBe(false));
});

test("instanceof holds for any object with the class's prototype", () => {
  expect(Object.create(SocketInfoError.prototype) instanceof SocketInfoError).toBe(true);
});

test("the mark is not enumerable", () => {
  expect(Object.keys(ourError as object)).toEqual(["code", "errno", "syscall"]);
  expect(Object.getOwnPropertySymbols(ourError)).toEqual([]);
});

test("the mark can't be changed or deleted", () => {
  const prototype = SocketInfoError.prototype as unknown as Record<symbol, unknown>;
  expect(Reflect.set(prototype, BRAND, false)).toBe(false);
  expect(Reflect.deleteProperty(prototype, BRAND)).toBe(false);
});

function thrower(): never {
  throw new Error("hostile");
}
