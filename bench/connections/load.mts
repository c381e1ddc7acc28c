// Load that can be halted, so that several servers take turns: some clients, each with one request in flight.

/** Makes one request and calls `done` when it is answered. */
export type Client = (done: () => void) => void;

export class Load {
  /** The number of requests that were answered since the beginning. */
  answered = 0;

  readonly #clients: readonly Client[];
  #isRunning = false;
  #inFlight = 0;
  #onQuiet = (): void => {};

  constructor(clients: readonly Client[]) {
    this.#clients = clients;
  }

  run(): void {
    this.#isRunning = true;
    for (const client of this.#clients) this.#request(client);
  }

  /** Resolves when every request is answered. */
  halt(): Promise<void> {
    this.#isRunning = false;
    return new Promise((resolve) => {
      this.#onQuiet = resolve;
    });
  }

  #request(client: Client): void {
    this.#inFlight++;
    client(() => {
      this.#inFlight--;
      this.answered++;
      if (this.#isRunning) this.#request(client);
      else if (this.#inFlight === 0) this.#onQuiet();
    });
  }
}
