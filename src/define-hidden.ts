// Properties that are not enumerable, so that code which prints or copies the object does not see them.

/** Has no prototype: `get` of a polluted Object.prototype would make it a wrong descriptor. */
const descriptor = Object.create(null) as PropertyDescriptor;
descriptor.configurable = true;
descriptor.writable = true;

/** The property can be assigned, deleted and defined again. */
export function defineHidden(object: object, name: PropertyKey, value: unknown): void {
  descriptor.value = value;
  Object.defineProperty(object, name, descriptor);
  descriptor.value = undefined;
}

/** The object's own property, for `Object.defineProperty`. It has no prototype either. */
export function ownDescriptor(object: object, name: PropertyKey): PropertyDescriptor | undefined {
  const own = Object.getOwnPropertyDescriptor(object, name);
  return own && (Object.setPrototypeOf(own, null) as PropertyDescriptor);
}
