// Tables of plain text, for terminals and pipes.
import { widthOf } from "./clean";

export interface Column {
  readonly title: string;
  /** Numbers are aligned at their right end. */
  readonly isNumber?: boolean;
}

/** A line of titles and one for each row, without a space at the end. `rows` have one cell for each column. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const lines = [columns.map(({ title }) => title), ...rows];
  // Not Math.max(...), which fails for a hundred thousand rows.
  const widths = columns.map((_, index) => lines.reduce((most, line) => Math.max(most, widthOf(line[index] ?? "")), 0));
  return lines.map((line) =>
    columns
      .map(({ isNumber }, index) => pad(line[index] ?? "", widths[index] ?? 0, isNumber ?? false))
      .join("  ")
      .trimEnd(),
  );
}

function pad(cell: string, width: number, isNumber: boolean): string {
  const spaces = " ".repeat(width - widthOf(cell));
  return isNumber ? spaces + cell : cell + spaces;
}
