// The results as tables of Markdown.
import { accuracyOf, groupBy, type Evaluation, type Judged } from "./evaluate.mts";

export const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;

function table(names: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [names, names.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `${lines.join("\n")}\n`;
}

/** `healthy 12, lossy 3`, the most frequent one first. */
function countVerdicts(judged: readonly Judged[]): string {
  return [...groupBy(judged, ({ verdict }) => verdict)]
    .toSorted(([, one], [, two]) => two.length - one.length)
    .map(([verdict, { length }]) => `${verdict} ${length}`)
    .join(", ");
}

/** The confusion matrix: a row for each truth, with the verdicts that windows got. */
export function matrixTable(judged: readonly Judged[]): string {
  const rows = [...groupBy(judged, ({ truth }) => truth)].map(([truth, windows]) => {
    const [right, wrong] = [windows.filter(({ isRight }) => isRight), windows.filter(({ isRight }) => !isRight)];
    return [truth, `${right.length} of ${windows.length}`, countVerdicts(right), countVerdicts(wrong)];
  });
  return table(["Truth", "Right", "Right verdicts", "Wrong verdicts"], rows);
}

/** A row for each kind, with the ratio of right windows for each congestion control. */
export function kindsTable(judged: readonly Judged[]): string {
  const controls = ["cubic", "bbr"];
  const rows = [...groupBy(judged, ({ kind }) => kind)].map(([kind, windows]) => {
    const cells = controls.map((control) => {
      const own = windows.filter(({ congestionControl }) => congestionControl === control);
      return own.length === 0 ? "" : `${own.filter(({ isRight }) => isRight).length} of ${own.length}`;
    });
    return [`\`${kind}\``, ...cells, countVerdicts(windows.filter(({ isRight }) => !isRight))];
  });
  return table(["Kind", ...controls, "Wrong verdicts"], rows);
}

/** A row for each length of windows: what it is called, with `pendingBytes`, and without. */
export function windowsTable(rows: readonly (readonly [name: string, one: Evaluation, other: Evaluation])[]): string {
  const cellOf = ({ judged }: Evaluation) => {
    const right = judged.filter(({ isRight }) => isRight).length;
    return `${percent(accuracyOf(judged))} (${right} of ${judged.length})`;
  };
  const cells = rows.map(([name, one, other]) => [name, cellOf(one), cellOf(other), `${one.disturbed}`]);
  return table(["Windows", "Right, with `pendingBytes`", "Right, without it", "Not judged"], cells);
}

/** One line about an evaluation. */
export function summarize({ judged, disturbed }: Evaluation): string {
  const right = judged.filter(({ isRight }) => isRight).length;
  const left = disturbed === 0 ? "" : `; ${disturbed} more not judged, because the machine was busy`;
  return `${right} of ${judged.length} windows right (${percent(accuracyOf(judged))})${left}`;
}
