// One client of the demo with its path, as the keys see it.
import type { NetworkPath } from "./network-path.mts";
import type { ClientPlan } from "./plans.mts";

const MAX_LOSS_PERCENT = 32;
const MAX_DELAY_MS = 1000;
const MIN_KBIT = 250;
const MORE_DELAY_MS = 50;

/** `reads` stops the client, or lets it read on; `reconnect` makes a new connection. */
type Order = (order: { readonly reads: boolean } | { readonly reconnect: true }) => void;

export class DemoClient {
  readonly plan: ClientPlan;
  readonly path: NetworkPath | undefined;
  reads = true;
  readonly #order: Order;
  #pathEnd: NodeJS.Timeout | undefined;

  constructor(plan: ClientPlan, path: NetworkPath | undefined, order: Order) {
    this.plan = plan;
    this.path = path;
    this.#order = order;
    this.reads = plan.stopsAfterBytes === undefined;
  }

  /** The client's connection has its first request. */
  begin(): void {
    const { pathEndsAfterMs } = this.plan;
    if (pathEndsAfterMs === undefined || this.#pathEnd) return;
    this.#pathEnd = setTimeout(() => this.path?.change({ hole: 1 }), pathEndsAfterMs);
  }

  loseMore(): void {
    const loss = this.path?.settings.loss ?? 0;
    this.path?.change({ loss: Math.min(loss * 2 || 1, MAX_LOSS_PERCENT) });
  }

  delayMore(): void {
    const delay = this.path?.settings.delay ?? 0;
    this.path?.change({ delay: Math.min(delay + MORE_DELAY_MS, MAX_DELAY_MS) });
  }

  /** The queue keeps its bytes, so it takes twice as long to pass. */
  halveRate(): void {
    const rate = this.path?.settings.rate ?? 0;
    this.path?.change({ rate: Math.max(rate / 2, MIN_KBIT) });
  }

  /** Ends the path, or brings it back. */
  togglePath(): void {
    clearTimeout(this.#pathEnd);
    this.path?.change({ hole: this.path.settings.hole ? 0 : 1 });
  }

  toggleReading(): void {
    this.reads = !this.reads;
    this.#order({ reads: this.reads });
  }

  /** Everything is as at first, with a new connection. */
  restart(): void {
    clearTimeout(this.#pathEnd);
    this.#pathEnd = undefined;
    if (this.plan.path) this.path?.change(this.plan.path);
    this.reads = this.plan.stopsAfterBytes === undefined;
    this.#order({ reconnect: true });
  }
}
