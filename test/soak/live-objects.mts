// Counts the objects that have not been garbage-collected.
import { setImmediate } from "node:timers/promises";
import { collect } from "./memory.mts";

export class LiveObjects {
  #live = 0;
  readonly #registry = new FinalizationRegistry<undefined>(() => this.#live--);

  add(object: object): void {
    this.#live++;
    this.#registry.register(object, undefined);
  }

  async count(): Promise<number> {
    // The registry reports in tasks of its own, some time after the collection.
    for (let turn = 0; turn < 100 && this.#live > 0; turn++) {
      collect();
      await setImmediate();
    }
    return this.#live;
  }
}
