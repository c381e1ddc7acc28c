// Two hundred servers in 25 processes that start at once on one path: exactly one listens.
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { expect, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath } from "../../helpers/servers";
import { ask } from "../helpers/ask";
import { besides, leaveSocket } from "../helpers/files";
import { startChild, type Report } from "../helpers/processes";

const PROCESSES = 25;
const SERVERS_OF_EACH = 8;

interface Outcomes {
  readonly pid: number;
  readonly outcomes: readonly Report[];
}

/** Processes that read the FIFO wait until the barrier is lifted. */
class Barrier {
  readonly path: string;
  readonly #fd: number;

  constructor(path: string) {
    execFileSync("mkfifo", [path]);
    this.path = path;
    this.#fd = openSync(path, constants.O_RDWR);
  }

  lift(): void {
    closeSync(this.#fd);
  }
}

test.skipIf(lacks("crowds"))(
  "one of two hundred listens, on a free path and on one with a stale socket",
  { timeout: 300_000 },
  async () => {
    const rounds = ["free", "stale"].map((name) => ({
      name,
      path: socketPath(),
      barrier: new Barrier(`${socketPath()}-fifo`),
    }));
    const parameters = [String(SERVERS_OF_EACH), ...rounds.map(({ barrier, path }) => `${barrier.path},${path}`)];
    const contenders = Array.from({ length: PROCESSES }, () => startChild<Outcomes>("contender.mjs", parameters));
    for (const { name, path, barrier } of rounds) {
      await Promise.all(contenders.map(({ next }) => next()));
      if (name === "stale") leaveSocket(path);
      barrier.lift();
      const reports = await Promise.all(contenders.map(({ next }) => next()));
      const outcomes = reports.flatMap(({ pid, outcomes: each }) => each.map((outcome) => ({ ...outcome, pid })));
      expect(outcomes).toHaveLength(PROCESSES * SERVERS_OF_EACH);
      const winners = outcomes.filter(({ code }) => code === undefined);
      expect(winners).toEqual([{ pid: expect.any(Number), address: path }]);
      expect(new Set(outcomes.map(({ code }) => code))).toEqual(new Set([undefined, "EADDRINUSE"]));
      expect(await ask(path)).toBe(String(winners[0]?.pid));
      expect(besides(path)).toEqual(["socket"]);
    }
  },
);
