// The table of connections. Its order stands still while the pointer or the keyboard is in it.
import type { PageFrame, PageRow } from "../protocol";
import { COLUMNS } from "./columns";
import { byId, element, setAttribute, setText, textNode } from "./dom";
import type { Question } from "./question";
import { Rows } from "./rows";
import { words } from "./verdict";

/** All of 500 rows are up to date within ten seconds, those in sight at once. */
const ROWS_OF_TURN = 50;
/** In pixels, until a row can be measured. */
const ROW_HEIGHT = 26;

export interface TableEvents {
  onOrder(order: Question["order"]): void;
  onOpen(id: number): void;
}

export interface DrawnTable {
  /** How many rows match the text. */
  readonly matching: number;
  readonly isHeld: boolean;
  /** False if rows are left, which the next call adds. */
  readonly isWhole: boolean;
}

/** How many rows one call adds at most, so that the first ones are seen soon. */
const NEW_ROWS = 100;

export class ConnectionsTable {
  readonly #rows: Rows<PageRow>;
  readonly #headings: readonly HTMLTableCellElement[];
  readonly #none = textNode();
  readonly #events: TableEvents;
  #selected: number | null = null;
  #turn = 0;

  constructor(events: TableEvents) {
    this.#events = events;
    this.#rows = new Rows(byId("rows"), COLUMNS);
    this.#headings = COLUMNS.map((column) => this.#heading(column));
    byId("columns").append(...this.#headings);
    byId("none").append(this.#none);
    const fillInSight = (): void => this.#rows.fill(...this.#rangeInSight());
    addEventListener("scroll", fillInSight, { passive: true });
    addEventListener("resize", fillInSight);
    this.#rows.body.addEventListener("click", (event) => this.#open(event.target));
    this.#rows.body.addEventListener("keydown", (event) => this.#move(event));
    this.#rows.body.addEventListener("focusin", (event) => this.#makeTabStop(event.target));
  }

  /** @param isNew - The rows answer a new question, so they take their new order at once. */
  draw(frame: PageFrame, question: Question, isNew: boolean): DrawnTable {
    // Before the rows change, because the browser would have to compute the layout once more.
    const inSight = this.#rangeInSight();
    this.#drawHeadings(question);
    const rows = frame.rows.filter((row) => matches(row, question.text));
    const ids = rows.map(({ id }) => id);
    const isHeld = !isNew && this.#isInUse();
    const wanted = isHeld ? holdOrder(this.#rows.ids, ids, question.limit) : ids;
    const shown = wanted.slice(0, this.#rows.ids.length + NEW_ROWS);
    this.#keepFocus(() => this.#rows.arrange(shown, new Map(rows.map((row) => [row.id, row]))));
    this.#rows.fill(...inSight);
    this.#fillNextTurn();
    this.#markGone(isHeld ? new Set(ids) : null);
    this.#drawSelection();
    setText(this.#none, noneText(frame, question));
    byId("none").hidden = rows.length > 0;
    return { matching: rows.length, isHeld, isWhole: shown.length === wanted.length };
  }

  /** Rows that can't be seen may show older values. */
  fillAll(): void {
    this.#rows.fill();
  }

  rowOf(id: number): PageRow | undefined {
    return this.#rows.get(id)?.row;
  }

  select(id: number | null): void {
    this.#selected = id;
    this.#drawSelection();
  }

  focusRow(id: number): void {
    const button = this.#button(this.#rows.get(id)?.element);
    (button ?? byId("connections")).focus();
  }

  /** A browser needs 0.1 ms for each row that changes, so rows out of sight wait. */
  #rangeInSight(): [first: number, end: number] {
    const { body } = this.#rows;
    const { top } = body.getBoundingClientRect();
    const rowHeight = body.firstElementChild?.getBoundingClientRect().height || ROW_HEIGHT;
    return [Math.floor(-top / rowHeight), Math.ceil((innerHeight - top) / rowHeight)];
  }

  /** Rows out of sight are read by screen readers and by searches, so they are brought up to date in turns. */
  #fillNextTurn(): void {
    this.#rows.fill(this.#turn, this.#turn + ROWS_OF_TURN);
    this.#turn += ROWS_OF_TURN;
    if (this.#turn >= this.#rows.ids.length) this.#turn = 0;
  }

  #heading({ name, title, hint, order, isNumber }: (typeof COLUMNS)[number]): HTMLTableCellElement {
    const heading = element("th", `c-${name}${isNumber ? " number" : ""}`);
    heading.scope = "col";
    heading.title = hint;
    if (order === undefined) {
      heading.append(title);
      return heading;
    }
    const button = element("button", "", title);
    button.type = "button";
    button.addEventListener("click", () => this.#events.onOrder(order));
    heading.append(button);
    return heading;
  }

  #drawHeadings({ order, descending }: Question): void {
    COLUMNS.forEach((column, index) => {
      const heading = this.#headings[index] as HTMLElement;
      if (column.order === order) setAttribute(heading, "aria-sort", descending ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    });
  }

  #isInUse(): boolean {
    const { body } = this.#rows;
    // A finger leaves no pointer behind, although the browser may say so.
    const isPointed = matchMedia("(hover: hover)").matches && body.matches(":hover");
    return isPointed || body.querySelector(":focus-visible") !== null;
  }

  #keepFocus(change: () => void): void {
    const focused = document.activeElement;
    change();
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.#rows.body.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
  }

  /** @param live - The rows that have just arrived. `null` if all rows shown are among them. */
  #markGone(live: ReadonlySet<number> | null): void {
    for (const id of this.#rows.ids) {
      this.#rows.get(id)?.element.classList.toggle("gone", live !== null && !live.has(id));
    }
  }

  #drawSelection(): void {
    const tabStop = this.#rows.body.querySelector('button[tabindex="0"]');
    if (tabStop === null) this.#makeTabStop(this.#button(this.#rows.body.firstElementChild) ?? null);
    for (const id of this.#rows.ids) {
      const row = this.#rows.get(id)?.element;
      row?.classList.toggle("selected", id === this.#selected);
      const button = this.#button(row);
      if (button) setAttribute(button, "aria-expanded", String(id === this.#selected));
    }
  }

  #open(target: EventTarget | null): void {
    const row = target instanceof Element ? target.closest("tr") : null;
    if (row === null) return;
    this.#button(row)?.focus({ preventScroll: true });
    this.#events.onOpen(Number(row.dataset["id"]));
  }

  #move(event: KeyboardEvent): void {
    const row = event.target instanceof Element ? event.target.closest("tr") : null;
    const next = row === null ? undefined : neighbour(row, event.key);
    if (!next) return;
    event.preventDefault();
    this.#button(next)?.focus();
  }

  /** The table is one stop of the Tab key. Arrow keys move within it. */
  #makeTabStop(target: EventTarget | null): void {
    if (!(target instanceof HTMLButtonElement)) return;
    for (const other of this.#rows.body.querySelectorAll<HTMLElement>('button[tabindex="0"]')) other.tabIndex = -1;
    target.tabIndex = 0;
  }

  #button(row: Element | null | undefined): HTMLButtonElement | undefined {
    return row?.querySelector("button") ?? undefined;
  }
}

const PAGE_OF_ROWS = 15;

function neighbour(row: HTMLTableRowElement, key: string): Element | undefined {
  const rows = [...(row.parentElement?.children ?? [])];
  const index = rows.indexOf(row);
  const last = rows.length - 1;
  const targets: Readonly<Record<string, number>> = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: Math.min(index + PAGE_OF_ROWS, last),
    PageUp: Math.max(index - PAGE_OF_ROWS, 0),
    Home: 0,
    End: last,
  };
  return rows[targets[key] ?? -1];
}

/**
 * Rows stay where they are, and new ones come after them. Rows that are gone stay, too, up to a bound: a pointer may
 * rest on the table for a night.
 */
export function holdOrder(shown: readonly number[], next: readonly number[], limit: number): readonly number[] {
  const known = new Set(shown);
  const held = [...shown, ...next.filter((id) => !known.has(id))];
  return held.length > next.length + limit ? next : held;
}

function matches(row: PageRow, text: string): boolean {
  if (text === "") return true;
  const { id, remote, local, protocol, state, path, verdict, cause, sentence, peer } = row;
  const peerText = peer === null ? "" : `uid ${peer.uid} pid ${peer.pid}`;
  const all = [id, remote, local, protocol, state, path, verdict, words(verdict), cause, sentence, peerText];
  return all.join("\n").toLowerCase().includes(text.toLowerCase());
}

function noneText(frame: PageFrame, { state, text }: Question): string {
  if (text !== "" && frame.rows.length > 0) return `None of ${frame.rows.length} connections matches “${text}”.`;
  return state === null ? "No connection is open." : `No connection is ${state}.`;
}
