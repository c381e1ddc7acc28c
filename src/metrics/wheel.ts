// Gives each connection one turn a minute. Its random slot spreads the turns of connections that opened together.
const SLOTS = 60;
const TICK_MS = 1000;

export class Wheel {
  readonly #turn: (slot: number) => void;
  #next = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param turn - Called once a second, with the slot whose turn it is. Must not throw. */
  constructor(turn: (slot: number) => void) {
    this.#turn = turn;
  }

  /** The timer does not keep the process alive. Does nothing if it runs already. */
  start(): void {
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const slot = this.#next;
    this.#next = (slot + 1) % SLOTS;
    this.#turn(slot);
  }
}

export function randomSlot(): number {
  return Math.floor(Math.random() * SLOTS);
}
