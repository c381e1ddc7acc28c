// Draws the parameters of a run from its seed, and notes them.
import { Random } from "../helpers/random";

export class Draw {
  readonly parameters: Record<string, number> = {};
  readonly #random: Random;

  constructor(text: string) {
    let state = 0;
    for (const character of text) state = (Math.imul(state, 31) + (character.codePointAt(0) as number)) | 0;
    this.#random = new Random(state);
  }

  /** Log-uniform: half of what is drawn is below the geometric mean of `low` and `high`. */
  between(name: string, low: number, high: number): number {
    const value = low * (high / low) ** (this.#random.below(2 ** 31) / 2 ** 31);
    this.parameters[name] = Number(value.toPrecision(4));
    return this.parameters[name];
  }

  whole(name: string, low: number, high: number): number {
    this.parameters[name] = Math.round(this.between(name, low, high));
    return this.parameters[name];
  }
}
