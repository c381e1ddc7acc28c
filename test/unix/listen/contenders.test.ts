// Forty contenders in four processes listen on one path, close and try again, over and over: never two at a time.
import { expect, test } from "vitest";
import { socketPath } from "../../helpers/servers";
import { besides } from "../helpers/files";
import { startChild } from "../helpers/processes";

interface Outcome {
  /** The number of turns that were not taken. */
  readonly left: number;
  readonly wrongs: readonly string[];
}

test("a live socket is never removed, and one server at a time listens", { timeout: 120_000 }, async () => {
  const path = socketPath();
  const processes = Array.from({ length: 4 }, () => startChild<Outcome>("turns.mjs", [path, "10", "25"]));
  const outcomes = await Promise.all(processes.map(({ next }) => next()));
  expect(outcomes.flatMap(({ wrongs }) => wrongs)).toEqual([]);
  for (const { left } of outcomes) expect(left).toBeLessThanOrEqual(0);
  await Promise.all(processes.map(({ ended }) => ended));
  expect(besides(path)).toEqual([]);
});
