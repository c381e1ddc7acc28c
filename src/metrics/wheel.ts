// Gives each connection one turn a minute. Its random slot spreads the turns of connections that opened together.
const SLOTS = 60;
const TICK_MS = 1000;

export class Wheel<Member extends { readonly slot: number }> {
  readonly #slots: readonly Set<Member>[] = Array.from({ length: SLOTS }, () => new Set<Member>());
  readonly #turn: (members: readonly Member[]) => void;
  #next = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param turn - Called once a second, with those whose turn it is. Must not throw. */
  constructor(turn: (members: readonly Member[]) => void) {
    this.#turn = turn;
  }

  randomSlot(): number {
    return Math.floor(Math.random() * SLOTS);
  }

  add(member: Member): void {
    this.#slots[member.slot]?.add(member);
  }

  delete(member: Member): void {
    this.#slots[member.slot]?.delete(member);
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
    const members = this.#slots[this.#next] as Set<Member>;
    this.#next = (this.#next + 1) % SLOTS;
    this.#turn([...members]);
  }
}
