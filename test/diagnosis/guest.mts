// Carries out the plans of plans.json in a guest of test/kernels, one after the other, and reports the recordings.
import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { formatLine, type Line } from "../kernels/report.mts";
import type { Plan } from "./plan.mts";
import { carryOut, fileOf } from "./record.mts";

/** An emulated processor of a busy machine is slow. */
const OVERHEAD_MS = 90_000;

const report = (line: Line): void => void writeSync(1, formatLine(line));

const plans = JSON.parse(readFileSync(join(import.meta.dirname, "plans.json"), "utf8")) as Plan[];
for (const plan of plans) {
  report({ type: "started", test: fileOf(plan) });
  try {
    report({ type: "recorded", recording: await carryOut(plan, import.meta.dirname, OVERHEAD_MS) });
  } catch (error) {
    report({ type: "failed", test: fileOf(plan), errors: [String(error)] });
  }
}
report({ type: "finished", results: plans.length });
