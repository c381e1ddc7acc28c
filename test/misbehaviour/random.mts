// Random choices that a seed repeats.

/** What is chosen from, and how often: a weight for each. */
export type Weights<Name extends string> = Readonly<Record<Name, number>>;

export class Random {
  /** The number of the connection that this is for. */
  readonly connection: number;
  #state: number;

  constructor(seed: number, connection: number) {
    this.#state = seed >>> 0;
    this.connection = connection;
  }

  /** mulberry32: 32 bits of state are enough for what happens on one connection. */
  #next(): number {
    this.#state = (this.#state + 0x6d_2b_79_f5) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** From 0 up to, and without, `end`. */
  below(end: number): number {
    return Math.floor(this.#next() * end);
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  weighted<Name extends string>(weights: Weights<Name>): Name {
    const entries = Object.entries(weights) as [Name, number][];
    let point = this.#next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      point -= weight;
      if (point < 0) return name;
    }
    throw new Error("no weights");
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function immediate(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
