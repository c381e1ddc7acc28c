// What a call changes in objects that it should only read: their own properties, including symbols, and their
// attributes.

export type Objects = Readonly<Record<string, object>>;

/**
 * Returns the properties that were added, removed or changed, as "object.property". Values are compared by identity.
 */
export function changesBy(call: () => unknown, objects: Objects): string[] {
  const before = Object.values(objects).map(describe);
  call();
  return Object.entries(objects).flatMap(([name, object], index) =>
    differences(before[index] ?? new Map(), describe(object)).map((key) => `${name}.${String(key)}`),
  );
}

type Description = ReadonlyMap<PropertyKey, PropertyDescriptor>;

function describe(object: object): Description {
  return new Map(Reflect.ownKeys(object).map((key) => [key, Object.getOwnPropertyDescriptor(object, key) ?? {}]));
}

function differences(before: Description, after: Description): PropertyKey[] {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].filter((key) => !isSame(before.get(key), after.get(key)));
}

function isSame(one: PropertyDescriptor | undefined, other: PropertyDescriptor | undefined): boolean {
  const parts = ["value", "get", "set", "writable", "enumerable", "configurable"] as const;
  return one !== undefined && other !== undefined && parts.every((part) => Object.is(one[part], other[part]));
}
