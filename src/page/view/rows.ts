// The rows of a table body, by id. Rows are kept and changed, so focus, selection and the pointer stay where they are.
import type { Column, Fill } from "./columns";
import { element, setAttribute } from "./dom";

export interface Identified {
  readonly id: number;
}

export class RowView<Row extends Identified> {
  readonly element: HTMLTableRowElement;
  readonly #fills: readonly Fill<Row>[];
  #row: Row;
  #isFilled = false;

  constructor(columns: readonly Column<Row>[], row: Row) {
    this.#row = row;
    const cells = columns.map(({ name, isNumber }) => {
      const cell = element(name === "remote" ? "th" : "td", `c-${name}${isNumber ? " number" : ""}`);
      if (name === "remote") cell.scope = "row";
      return cell;
    });
    this.#fills = columns.map((column, index) => column.cell(cells[index] as HTMLTableCellElement));
    this.element = element("tr", "", ...cells);
    this.#mark();
  }

  get row(): Row {
    return this.#row;
  }

  /** The cells show it after the next `fill()`. */
  set(row: Row): void {
    if (row === this.#row) return;
    this.#row = row;
    this.#isFilled = false;
    this.#mark();
  }

  #mark(): void {
    setAttribute(this.element, "data-id", String(this.#row.id));
  }

  fill(): void {
    if (this.#isFilled) return;
    this.#isFilled = true;
    for (const fill of this.#fills) fill(this.#row);
  }
}

export class Rows<Row extends Identified> {
  readonly body: HTMLElement;
  readonly #columns: readonly Column<Row>[];
  readonly #views = new Map<number, RowView<Row>>();
  #ids: readonly number[] = [];

  constructor(body: HTMLElement, columns: readonly Column<Row>[]) {
    this.body = body;
    this.#columns = columns;
  }

  get ids(): readonly number[] {
    return this.#ids;
  }

  get(id: number): RowView<Row> | undefined {
    return this.#views.get(id);
  }

  /**
   * Puts these rows in the order of `ids`. `fill` then changes their cells.
   *
   * @param changed - New values. A row of `ids` that is not among them keeps its values.
   */
  arrange(ids: readonly number[], changed: ReadonlyMap<number, Row>): void {
    const unused = this.#takeUnused(new Set(ids));
    let next = this.body.firstElementChild;
    for (const id of ids) {
      const { element: row } = this.#updated(id, changed.get(id), unused);
      // A row that is moved loses its focus, so only those move that are not in their place.
      if (row === next) next = next.nextElementSibling;
      else this.body.insertBefore(row, next);
    }
    for (const { element: row } of unused) row.remove();
    this.#ids = ids;
  }

  /** Changes the cells of the rows from `first` to before `end`. */
  fill(first = 0, end: number = this.#ids.length): void {
    for (const id of this.#ids.slice(Math.max(0, first), Math.max(0, end))) this.#views.get(id)?.fill();
  }

  /** Rows of other connections are used again, because a browser needs long to make new ones. */
  #takeUnused(wanted: ReadonlySet<number>): RowView<Row>[] {
    const unused: RowView<Row>[] = [];
    for (const [id, view] of this.#views) {
      if (wanted.has(id)) continue;
      this.#views.delete(id);
      // The focus must not pass to another connection.
      if (view.element.contains(document.activeElement)) view.element.remove();
      else unused.push(view);
    }
    return unused;
  }

  #updated(id: number, row: Row | undefined, unused: RowView<Row>[]): RowView<Row> {
    const known = this.#views.get(id);
    const view = known ?? unused.pop() ?? new RowView(this.#columns, row as Row);
    if (row !== undefined) view.set(row);
    if (known === undefined) this.#views.set(id, view);
    return view;
  }
}
