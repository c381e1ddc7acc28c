// `npm run test:diagnosis`: makes connections whose limits are known, and compares diagnoseTcp's verdicts with the
// truth. Needs root, /dev/net/tun, iproute2 and a compiler.
//
//   --all              eight seeds, instead of two
//   --seeds 102,104    these seeds. The thresholds were chosen on odd ones, so even ones count
//   --kinds stop,slow  only these kinds of kinds/
//   --kernels 5.10     guests of test/kernels, by name, or "none". Default: 5.10,newest
//   --save folder      keeps the recordings there, and goes on with those that are there
//   --data folder      judges the recordings of a folder, and makes none
//   --tables           prints the tables of docs/diagnosis-accuracy.md
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { diagnoseTcp } from "sockinfo";
import { lacks } from "../helpers/needs";
import { buildPrograms, PROGRAMS } from "./build.mts";
import { accuracyOf, evaluate, type Diagnose, type Evaluation } from "./evaluate.mts";
import { recordInGuests } from "./guests.mts";
import { BLIND_KINDS } from "./kinds/blind-kinds.mts";
import { KINDS, planOf } from "./kinds/kinds.mts";
import type { Plan } from "./plan.mts";
import { recordAll } from "./record.mts";
import { parseRecording, readRecording, type Recording } from "./recording.mts";
import { kindsTable, matrixTable, percent, summarize, windowsTable } from "./report.mts";

const { values: options } = parseArgs({
  options: {
    all: { type: "boolean", default: false },
    seeds: { type: "string" },
    kinds: { type: "string" },
    kernels: { type: "string", default: "5.10,newest" },
    save: { type: "string" },
    data: { type: "string" },
    tables: { type: "boolean", default: false },
  },
});

const WINDOW_MS = 1000;
const OTHER_WINDOWS_MS = [500, 2000];
const SEEDS = options.all ? [102, 104, 106, 108, 110, 112, 114, 116] : [102, 104];
/** Below these ratios of right windows the suite fails. */
const WANTED = { all: 0.95, blind: 0.9, guest: 0.9 };
/** Four runs at once, which also start and end. */
const RUN_MS_A_MINUTE = 200_000;
/** More wrong windows are counted, but not printed. */
const PRINTED = 40;

const pick = (list: string | undefined) => list?.split(",").filter((word) => word !== "none");
const start = performance.now();
const blind = new Set(BLIND_KINDS.map(({ name }) => name));

const withPending: Diagnose = ({ before, after, intervalMs, pendingBytes }) =>
  diagnoseTcp(before, after, { intervalMs, pendingBytes });
const withoutPending: Diagnose = ({ before, after, intervalMs }) => diagnoseTcp(before, after, { intervalMs });

function plansOf(kinds: readonly string[] | undefined, seeds: readonly number[]): Plan[] {
  const unknown = (kinds ?? []).filter((name) => !KINDS.some((kind) => kind.name === name));
  if (unknown.length > 0) throw new Error(`no such kinds: ${unknown.join(", ")}`);
  const controls = lacks("bbr") ? (["cubic"] as const) : (["cubic", "bbr"] as const);
  const selected = KINDS.filter(({ name }) => kinds?.includes(name) ?? true);
  return seeds.flatMap((seed) => selected.flatMap((kind) => controls.map((control) => planOf(kind, control, seed))));
}

function fail(reason: string): void {
  console.log(`FAIL ${reason}`);
  process.exitCode = 1;
}

function judge(what: string, evaluation: Evaluation, wanted: number): void {
  const { judged } = evaluation;
  if (judged.length === 0) return fail(`${what}: no window could be judged`);
  const line = `${what}: ${summarize(evaluation)}`;
  if (accuracyOf(judged) >= wanted) console.log(`ok   ${line}`);
  else fail(`${line}, wanted: ${percent(wanted)}`);
  const wrong = judged.filter(({ isRight }) => !isRight);
  for (const { kind, congestionControl, seed, atMs, truth, right, verdict } of wrong.slice(0, PRINTED))
    console.log(
      `     ${kind}.${congestionControl}.${seed} at ${atMs} ms: ${truth} is ${right.join(" or ")}, not ${verdict}`,
    );
}

function judgeAll(recordings: readonly Recording[]): void {
  const known = recordings.filter(({ plan }) => !blind.has(plan.kind));
  const unseen = recordings.filter(({ plan }) => blind.has(plan.kind));
  if (known.length > 0) {
    judge(`windows of ${WINDOW_MS} ms`, evaluate(known, WINDOW_MS, withPending), WANTED.all);
    for (const windowMs of OTHER_WINDOWS_MS)
      console.log(`--   windows of ${windowMs} ms: ${summarize(evaluate(known, windowMs, withPending))}`);
    console.log(`--   without pendingBytes: ${summarize(evaluate(known, WINDOW_MS, withoutPending))}`);
  }
  if (unseen.length > 0)
    judge("kinds made without looking at the rules", evaluate(unseen, WINDOW_MS, withPending), WANTED.blind);
  if (!options.tables) return;
  const both = (name: string, some: readonly Recording[], windowMs: number) =>
    [name, evaluate(some, windowMs, withPending), evaluate(some, windowMs, withoutPending)] as const;
  const lengths = [500, 1000, 2000].map((windowMs) => both(`of ${windowMs} ms`, known, windowMs));
  const ofUnseen = unseen.length === 0 ? [] : [both(`of ${WINDOW_MS} ms, five kinds`, unseen, WINDOW_MS)];
  const { judged } = evaluate([...known, ...unseen], WINDOW_MS, withPending);
  console.log([windowsTable([...lengths, ...ofUnseen]), matrixTable(judged), kindsTable(judged)].join("\n"));
}

async function makeRecordings(): Promise<Recording[]> {
  await buildPrograms();
  const folder = options.save ?? mkdtempSync(join(tmpdir(), "sockinfo-diagnosis-"));
  if (options.save === undefined) process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const seeds = pick(options.seeds)?.map(Number) ?? SEEDS;
  const plans = plansOf(pick(options.kinds), seeds);
  const minutes = plans.reduce((sum, { durationMs }) => sum + durationMs, 0) / RUN_MS_A_MINUTE;
  console.log(`${plans.length} runs, about ${Math.ceil(minutes)} minutes`);
  for (const failure of await recordAll(plans, PROGRAMS, folder)) fail(failure);
  return recordingsOf(folder);
}

function recordingsOf(folder: string): Recording[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  return files.toSorted().map((name) => readRecording(join(folder, name)));
}

if (options.data === undefined && lacks("root", "tun", "compiler")) {
  console.error("the paths need root, /dev/net/tun and c++");
  process.exit(1);
}
judgeAll(options.data === undefined ? await makeRecordings() : recordingsOf(options.data));
const kernels = options.data === undefined ? (pick(options.kernels) ?? []) : [];
for (const { kernel, recordings, failures } of await recordInGuests(kernels)) {
  for (const failure of failures) fail(`${kernel}: ${failure}`);
  if (recordings.length === 0) continue;
  const parsed = recordings.map((text) => parseRecording(text));
  const { kernelRelease } = (parsed[0] as Recording).machine;
  judge(`Linux ${kernelRelease}`, evaluate(parsed, WINDOW_MS, withPending), WANTED.guest);
}
console.log(`${Math.round((performance.now() - start) / 1000)} s`);
