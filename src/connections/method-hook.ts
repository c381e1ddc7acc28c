// A method of ours on one object, in the place of its class's, which it calls. It goes without a trace.

type Method = (this: never, ...parameters: never[]) => unknown;

export class MethodHook<M extends Method> {
  readonly #name: string;
  readonly #method: M;
  /** Of the few objects that brought a method of their own, instead of their class's. */
  readonly #own = new WeakMap<object, M>();
  /** Objects whose method another library wrapped after us. It may call ours through that for ever. */
  readonly #wrapped = new WeakSet<object>();

  constructor(name: string, method: M) {
    this.#name = name;
    this.#method = method;
  }

  hook(object: object): void {
    const methods = object as Record<string, M>;
    if (methods[this.#name] === this.#method || this.#wrapped.has(object)) return;
    if (Object.hasOwn(object, this.#name)) this.#own.set(object, methods[this.#name] as M);
    methods[this.#name] = this.#method;
  }

  unhook(object: object): void {
    const methods = object as Record<string, M>;
    if (methods[this.#name] !== this.#method) {
      // The library that wrapped it keeps our method, which then only passes on.
      this.#wrapped.add(object);
      return;
    }
    const own = this.#own.get(object);
    this.#own.delete(object);
    if (own) methods[this.#name] = own;
    else delete methods[this.#name];
  }

  /** What the object would have without the hook. */
  original(object: object): M {
    return this.#own.get(object) ?? ((Object.getPrototypeOf(object) as Record<string, M>)[this.#name] as M);
  }
}
