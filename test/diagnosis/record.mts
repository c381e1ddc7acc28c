// Carries out plans, several at once, each in a network namespace of its own, and writes a file for each into a folder.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Plan } from "./plan.mts";

/** More at once would disturb each other on two cores. */
const RUNS_AT_ONCE = 4;
/** What a run may take to start and to end. */
const OVERHEAD_MS = 20_000;

export const fileOf = ({ kind, congestionControl, seed }: Plan): string => `${kind}.${congestionControl}.${seed}.jsonl`;

/** Carries out one plan with the programs of build.mts, and returns its recording's text. */
export async function carryOut(plan: Plan, programs: string, overheadMs = OVERHEAD_MS): Promise<string> {
  const options = Object.entries(plan.listen ?? {}).map(([name, value]) => `${name}=${value}`);
  const listen = [join(programs, "listen"), "8080", ...options];
  const node = [process.execPath, join(programs, "run.mjs"), JSON.stringify(plan), programs];
  const child = spawn("unshare", ["--net", ...listen, "--", ...node], {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: plan.durationMs + overheadMs,
    killSignal: "SIGKILL",
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("close", resolve).once("error", reject);
  });
  const recording = await text(child.stdout);
  const status = await ended;
  if (status !== 0) throw new Error(`${fileOf(plan)}: the run ended with ${status ?? "a signal"}`);
  return recording;
}

/** Carries out the plans whose files are not there yet. Returns what failed. */
export async function recordAll(plans: readonly Plan[], programs: string, folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const waiting = plans.filter((plan) => !existsSync(join(folder, fileOf(plan))));
  const failures: string[] = [];
  const work = async () => {
    for (let plan = waiting.shift(); plan !== undefined; plan = waiting.shift()) {
      const file = join(folder, fileOf(plan));
      try {
        const recording = await carryOut(plan, programs);
        await writeFile(`${file}.unfinished`, recording);
        await rename(`${file}.unfinished`, file);
      } catch (error) {
        failures.push(String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: RUNS_AT_ONCE }, work));
  return failures;
}
