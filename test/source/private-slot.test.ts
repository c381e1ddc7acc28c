// privateSlot: what a WeakMap does, for objects of any kind.
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { privateSlot } from "../../src/source/private-slot";

const OBJECTS: readonly [name: string, make: () => object][] = [
  ["a plain object", () => ({})],
  ["an object without a prototype", () => Object.create(null) as object],
  ["a frozen object", () => Object.freeze({ a: 1 })],
  ["a function", () => () => {}],
  ["a proxy whose traps throw", () => new Proxy({}, new Proxy({}, { get: () => () => expect.fail("a trap ran") }))],
];

test.each(OBJECTS)("%s has a value from its first set on, and each later set replaces it", (_name, make) => {
  const slot = privateSlot<number | undefined>();
  const [object, other] = [make(), make()];
  expect(slot.get(object)).toBeUndefined();
  slot.set(object, 1);
  expect([slot.get(object), slot.get(other)]).toEqual([1, undefined]);
  slot.set(object, 2);
  expect(slot.get(object)).toBe(2);
});

test("two slots keep two values with one object", () => {
  const [first, second] = [privateSlot<string>(), privateSlot<string>()];
  const object = {};
  first.set(object, "first");
  expect(second.get(object)).toBeUndefined();
  second.set(object, "second");
  expect([first.get(object), second.get(object)]).toEqual(["first", "second"]);
});

test("the value is not inherited, and nothing shows it", () => {
  const slot = privateSlot<string>();
  const object = {};
  slot.set(object, "secret");
  expect(slot.get(Object.create(object) as object)).toBeUndefined();
  expect(Reflect.ownKeys(object)).toEqual([]);
  expect(inspect(object, { showHidden: true, getters: true })).toBe("{}");
});
