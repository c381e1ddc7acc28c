// Compares the verdicts on recordings with the truth.
import type { Recording } from "./recording.mts";
import type { TruthName, Verdict } from "./truths.mts";
import { windowsOf, type Window } from "./windows.mts";

export type Diagnose = (window: Window) => { readonly verdict: Verdict };

export interface Judged {
  readonly kind: string;
  readonly congestionControl: string;
  readonly seed: number;
  readonly truth: TruthName;
  readonly right: readonly Verdict[];
  readonly verdict: Verdict;
  readonly isRight: boolean;
  readonly atMs: number;
}

export interface Evaluation {
  readonly judged: readonly Judged[];
  /** Windows that are not judged, because the machine was too busy. */
  readonly disturbed: number;
}

export function evaluate(recordings: readonly Recording[], windowMs: number, diagnose: Diagnose): Evaluation {
  const judged: Judged[] = [];
  let disturbed = 0;
  for (const recording of recordings) {
    const { kind, congestionControl, seed } = recording.plan;
    for (const window of windowsOf(recording, windowMs)) {
      if (window.isDisturbed) {
        disturbed++;
        continue;
      }
      const { truth, right, atMs } = window;
      const { verdict } = diagnose(window);
      judged.push({ kind, congestionControl, seed, truth, right, verdict, isRight: right.includes(verdict), atMs });
    }
  }
  return { judged, disturbed };
}

/** The ratio of right verdicts. */
export function accuracyOf(judged: readonly Judged[]): number {
  return judged.filter(({ isRight }) => isRight).length / judged.length;
}

/** Groups by a name, in the order of the names' first appearance. */
export function groupBy<Item>(items: readonly Item[], nameOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const name = nameOf(item);
    groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  return groups;
}
