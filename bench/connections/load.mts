// Load that can be halted, so that several servers take turns: some lanes, each with one request under way.

/** Makes one request, calls `done` when it is answered. */
export type Lane = (done: () => void) => void;

export class Load {
  /** Requests that were answered since the beginning. */
  answered = 0;

  readonly #lanes: readonly Lane[];
  #isRunning = false;
  #underWay = 0;
  #onQuiet = (): void => {};

  constructor(lanes: readonly Lane[]) {
    this.#lanes = lanes;
  }

  run(): void {
    this.#isRunning = true;
    for (const lane of this.#lanes) this.#next(lane);
  }

  /** When it resolves, every request is answered. */
  halt(): Promise<void> {
    this.#isRunning = false;
    return new Promise((resolve) => {
      this.#onQuiet = resolve;
    });
  }

  #next(lane: Lane): void {
    this.#underWay++;
    lane(() => {
      this.#underWay--;
      this.answered++;
      if (this.#isRunning) this.#next(lane);
      else if (this.#underWay === 0) this.#onQuiet();
    });
  }
}
