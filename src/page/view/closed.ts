// The connections that closed recently, the latest first, and why connections closed since the page began.
import { formatCount } from "../../quantities";
import { type ClosedRow, MOST_CLOSED, type PageTotals } from "../protocol";
import { CLOSED_COLUMNS } from "./columns";
import { byId, element, setText, textNode } from "./dom";
import { Rows } from "./rows";
import { words } from "./verdict";

export class ClosedConnections {
  readonly #rows = new Rows<ClosedRow>(byId("closed-rows"), CLOSED_COLUMNS);
  readonly #reasons = textNode();
  /** The oldest first. */
  readonly #closed = new Map<number, ClosedRow>();
  #changed = new Map<number, ClosedRow>();

  constructor() {
    byId("reasons").append(this.#reasons);
    for (const { name, title, hint, isNumber } of CLOSED_COLUMNS) {
      const heading = element("th", `c-${name}${isNumber ? " number" : ""}`, title);
      heading.scope = "col";
      heading.title = hint;
      byId("closed-columns").append(heading);
    }
  }

  /** A row that is known is replaced: its true end has become known. */
  add(rows: readonly ClosedRow[]): void {
    for (const row of rows) {
      this.#closed.set(row.id, row);
      this.#changed.set(row.id, row);
    }
    for (const id of this.#closed.keys()) {
      if (this.#closed.size <= MOST_CLOSED) break;
      this.#closed.delete(id);
      this.#changed.delete(id);
    }
  }

  clear(): void {
    this.#closed.clear();
    this.#changed.clear();
    this.#rows.arrange([], this.#changed);
  }

  get(id: number): ClosedRow | undefined {
    return this.#closed.get(id);
  }

  draw({ closedTotal, closedByReason }: PageTotals): void {
    const reasons = Object.entries(closedByReason).toSorted(([, one], [, other]) => other - one);
    const texts = reasons.map(([reason, count]) => `${words(reason)} ${formatCount(count)}`);
    setText(this.#reasons, [`${formatCount(closedTotal)} closed so far`, ...texts].join(" · "));
    if (this.#changed.size === 0) return;
    this.#rows.arrange([...this.#closed.keys()].toReversed(), this.#changed);
    this.#rows.fill();
    this.#changed = new Map();
  }
}
