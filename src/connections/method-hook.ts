// Replaces a method on single objects by one of ours, which calls the original. unhook() restores the object.

type Method = (this: never, ...parameters: never[]) => unknown;

export class MethodHook<M extends Method> {
  readonly #name: string;
  readonly #method: M;
  /** The original methods of the few objects that have one of their own. Others have that of their class. */
  readonly #originals = new WeakMap<object, M>();
  /** Objects on which another library wrapped our method. The wrapper may call our method for ever. */
  readonly #wrapped = new WeakSet<object>();

  constructor(name: string, method: M) {
    this.#name = name;
    this.#method = method;
  }

  hook(object: object): void {
    const methods = object as Record<string, M>;
    if (methods[this.#name] === this.#method || this.#wrapped.has(object)) return;
    if (Object.hasOwn(object, this.#name)) this.#originals.set(object, methods[this.#name] as M);
    methods[this.#name] = this.#method;
  }

  unhook(object: object): void {
    const methods = object as Record<string, M>;
    if (methods[this.#name] !== this.#method) {
      // The wrapper keeps our method, which from now on only calls the original.
      this.#wrapped.add(object);
      return;
    }
    const original = this.#originals.get(object);
    this.#originals.delete(object);
    if (original) methods[this.#name] = original;
    else delete methods[this.#name];
  }

  /** The method that the object would have without the hook. */
  original(object: object): M {
    return this.#originals.get(object) ?? ((Object.getPrototypeOf(object) as Record<string, M>)[this.#name] as M);
  }
}
