// The screen as lines of text: a pure function of what is known, what the user has chosen, and the terminal's size.
import { formatCount } from "../../quantities";
import { widthOf } from "../clean";
import { detailLines } from "./detail";
import { nothingMatches } from "./filter";
import type { Order, TopFrame, TopRow } from "./frame";
import type { History } from "./history";
import { KEYS } from "./keys";
import { paint, type Styles } from "./paint";
import { type PlacedColumn, placeColumns } from "./table-columns";
import { type Charset, cutTo, fit, inCharset } from "./text";
import { statesText, totalLines } from "./totals";
import type { View } from "./view";

export interface Look {
  /** What is looked at: ":443". Clean text. */
  readonly title: string;
  readonly isPage: boolean;
  /** What the source can sort by. */
  readonly orders: readonly Order[];
  /** `undefined` before the first look. */
  readonly frame: TopFrame | undefined;
  readonly history: History;
  /** The time of day. */
  readonly clock: string;
}

export interface Surface {
  readonly columns: number;
  readonly rows: number;
  readonly charset: Charset;
  readonly styles: Styles;
}

const DETAIL_LINES = 6;
/** Below these heights, a part of the screen is left out, so that the table has space. */
const LEAST_ROWS = { totals: 12, states: 14, detail: 20 } as const;
const HINT = "q quit  ? keys  / filter  < > order  R reverse  p pause";

/** How many rows of the table fit. */
export function rowsOfTable({ frame, history }: Look, surface: Surface): number {
  const { columns, rows } = surface;
  let left = rows - 3;
  if (rows >= LEAST_ROWS.states) left -= 1;
  if (rows >= LEAST_ROWS.totals && frame)
    left -= totalLines(frame.totals, history, columns, surface.charset, "none").length;
  if (rows >= LEAST_ROWS.detail) left -= DETAIL_LINES + 1;
  return Math.max(0, left);
}

/** At most as many lines as the terminal has rows, each at most as wide as the terminal. */
export function screenLines(look: Look, view: View, surface: Surface): string[] {
  const { rows } = surface;
  const lines = view.isHelp ? helpLines(look, surface) : liveLines(look, view, surface);
  const above = lines.slice(0, rows - 1);
  while (above.length < rows - 1) above.push("");
  return rows > 1 ? [...above, lastLine(look, view, surface)] : above;
}

function liveLines(look: Look, view: View, surface: Surface): string[] {
  const { frame, history } = look;
  const { columns, rows, charset, styles } = surface;
  const lines = [titleLine(look, view, surface)];
  if (frame === undefined) return lines;
  if (rows >= LEAST_ROWS.states) lines.push(plain(statesText(frame.totals), surface));
  if (rows >= LEAST_ROWS.totals) lines.push(...totalLines(frame.totals, history, columns, charset, styles));
  const height = rowsOfTable(look, surface);
  const shown = frame.rows.slice(0, height);
  const table = tableLines(shown, view, look.isPage, surface, view.selected - view.first);
  if (frame.matching === 0 && view.filter !== "") table.push(plain(nothingMatches(look.isPage), surface));
  lines.push(...table);
  if (rows < LEAST_ROWS.detail) return lines;
  for (let missing = height + 1 - table.length; missing > 0; missing--) lines.push("");
  const details = detailLines(frame.rows[view.selected - view.first], columns, DETAIL_LINES, charset);
  lines.push("", ...details.map((line) => plain(line, surface)));
  return lines;
}

/** A line of titles, and one for each row. @param selected - The place of the selected row, if any. */
export function tableLines(
  rows: readonly TopRow[],
  view: Pick<View, "order" | "isDescending">,
  isPage: boolean,
  surface: Surface,
  selected?: number,
): string[] {
  const { columns, charset, styles } = surface;
  const placed = placeColumns(columns, rows, isPage);
  const titles = placed.map((each) => titleCell(each, view, charset)).join(" ");
  return [
    paint(fit(titles, columns, charset), "bold", styles),
    ...rows.map((row, index) =>
      index === selected
        ? paint(fit(rowText(row, placed, surface, "none"), columns, charset), "inverse", styles)
        : rowText(row, placed, surface, styles),
    ),
  ];
}

function titleCell(
  { column, width }: PlacedColumn,
  view: Pick<View, "order" | "isDescending">,
  charset: Charset,
): string {
  const { title, isNumber, order } = column;
  const isSorted = order === view.order || (title === "RETR" && view.order === "retransmitting");
  const mark = view.isDescending ? charset.descending : charset.ascending;
  const marked = title.length < width ? title + mark : title.slice(0, width - 1) + mark;
  return fit(isSorted ? marked : title, width, charset, isNumber);
}

function rowText(row: TopRow, placed: readonly PlacedColumn[], { charset }: Surface, styles: Styles): string {
  return placed
    .map(({ column, width }) =>
      paint(fit(inCharset(column.text(row), charset), width, charset, column.isNumber), column.style?.(row), styles),
    )
    .join(" ");
}

function titleLine({ title, frame, clock }: Look, view: View, surface: Surface): string {
  const { columns, charset, styles } = surface;
  const right = `${view.isPaused ? "paused  " : ""}${clock}`;
  const left = [`sockinfo top ${title}`.trimEnd(), frame === undefined ? "looking" : countText(frame, view)].join("  ");
  const width = columns - widthOf(right) - 1;
  if (width < 1) return cutTo(left, columns, charset);
  return paint(`${fit(inCharset(left, charset), width, charset)} ${right}`, "bold", styles);
}

function countText({ matching, totals }: TopFrame, { filter }: View): string {
  const of = `${formatCount(matching)} of ${formatCount(totals.connections)}`;
  if (filter !== "") return `${of} match "${filter}"`;
  // A page sends the first rows only.
  return matching < totals.connections ? `the first ${of}` : "";
}

function lastLine({ frame }: Look, view: View, surface: Surface): string {
  if (view.draft !== undefined) return plain(`/${view.draft}_`, surface);
  if (frame?.note !== undefined) return paint(plain(frame.note, surface), "yellow", surface.styles);
  return plain(view.isHelp ? "Esc back" : HINT, surface);
}

function helpLines(look: Look, surface: Surface): string[] {
  const { columns, charset, styles } = surface;
  const bindings = KEYS.filter(({ action }) => action.does !== "sort" || look.orders.includes(action.by));
  const pairs = bindings.map(({ keys, help }) => `${fit(charset.isUtf8 ? keys : asciiKeys(keys), 9, charset)} ${help}`);
  // Two columns, if one would be too long.
  const isLong = pairs.length > surface.rows - 3 && columns >= 80;
  const height = isLong ? Math.ceil(pairs.length / 2) : pairs.length;
  const width = isLong ? Math.floor(columns / 2) : columns;
  const lines = Array.from({ length: height }, (_, index) => {
    const [left = "", right = ""] = [pairs[index], isLong ? pairs[index + height] : ""];
    return `${fit(left, width - 1, charset)} ${cutTo(right, width - 1, charset)}`.trimEnd();
  });
  return [paint(plain(`sockinfo top ${look.title}`.trimEnd(), surface), "bold", styles), "", ...lines];
}

/** Arrows by their names. */
function asciiKeys(keys: string): string {
  return keys.replace("↓", "Down").replace("↑", "Up").replace("←", "Left").replace("→", "Right");
}

function plain(text: string, { columns, charset }: Surface): string {
  return cutTo(inCharset(text, charset), columns, charset);
}
