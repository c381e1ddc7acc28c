// Forty contenders in four processes, over and over on one path, while whoever listens closes again: never two at a time.
import { expect, test } from "vitest";
import { socketPath } from "../../helpers/servers";
import { besides } from "../helpers/files";
import { startChild } from "../helpers/processes";

interface Outcome {
  /** Of the turns that it was to have. */
  readonly left: number;
  readonly wrongs: readonly string[];
}

test("a socket that lives is never taken away, and who listens is alone", { timeout: 120_000 }, async () => {
  const path = socketPath();
  const processes = Array.from({ length: 4 }, () => startChild<Outcome>("turns.mjs", [path, "10", "25"]));
  const outcomes = await Promise.all(processes.map(({ next }) => next()));
  expect(outcomes.flatMap(({ wrongs }) => wrongs)).toEqual([]);
  for (const { left } of outcomes) expect(left).toBeLessThanOrEqual(0);
  await Promise.all(processes.map(({ ended }) => ended));
  expect(besides(path)).toEqual([]);
});
