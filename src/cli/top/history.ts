// The totals of the latest looks. A graph shows as many as it has space for.
import type { TopFrame, TopTotals } from "./frame";

/** A minute of looks, if there is one each second. */
export const HISTORY_LENGTH = 60;

export type HistoryValue = (totals: TopTotals) => number | undefined;

export class History {
  readonly #totals: TopTotals[] = [];

  add({ totals }: Pick<TopFrame, "totals">): void {
    this.#totals.push(totals);
    if (this.#totals.length > HISTORY_LENGTH) this.#totals.shift();
  }

  /** The oldest first. */
  values(read: HistoryValue): (number | undefined)[] {
    return this.#totals.map(read);
  }
}
