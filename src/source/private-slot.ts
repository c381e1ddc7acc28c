// Keeps a value with an object of other code, as a WeakMap does. Nothing else sees or changes it. The first use of an
// object takes a fifth of the time: a WeakMap gives the object a hash, and the garbage collector has to look after it.

export interface PrivateSlot<T> {
  get(object: object): T | undefined;
  set(object: object, value: T): void;
}

/** A constructor that makes no object. The fields of a class that extends it are added to the object that it gets. */
const Existing = function (object: object) {
  return object;
} as unknown as new (object: object) => object;

export function privateSlot<T>(): PrivateSlot<T> {
  return class Slot extends Existing {
    #value: T;

    constructor(object: object, value: T) {
      super(object);
      this.#value = value;
    }

    static get(object: object): T | undefined {
      return #value in object ? object.#value : undefined;
    }

    static set(object: object, value: T): void {
      if (#value in object) object.#value = value;
      else void new Slot(object, value);
    }
  };
}
