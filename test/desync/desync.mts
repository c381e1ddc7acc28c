// `npm run test:desync`: sends the same bytes, in any segments, to a plain server and to one with hijacking. Both
// must see the same requests. `--cases N` tries another number than the default, and `--seconds N` limits the time.
// `--seed N` tries the cases of an earlier run again, `--only MESSAGE.PLAN` one of them.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "30000" },
    seconds: { type: "string", default: "300" },
    seed: { type: "string", default: String(Date.now() & 0xff_ffff) },
    only: { type: "string" },
  },
});
const [cases, seconds, seed] = [Number(values.cases), Number(values.seconds), Number(values.seed)];
if (!(cases > 0) || !(seconds > 0) || !Number.isInteger(seed)) throw new Error("--cases, --seconds, --seed: numbers");

/** More faults of one kind are counted, but not printed. */
const PRINTED = 2;
const MOST_DEATHS = 20;
/** A case takes milliseconds. */
const HANG_MS = 30_000;

const started = Date.now();
const counts = new Map<string, number>();
let done = 0;
let deaths = 0;
let [message = 0, plan = 0] = (values.only ?? "0.0").split(".").map(Number);
const wanted = values.only ? 1 : cases;

console.log(`--seed ${seed} --cases ${wanted}`);
while (done < wanted && !isOver() && deaths < MOST_DEATHS) await runCases();
console.log(`${done} cases in ${Math.round((Date.now() - started) / 1000)} s, ${deaths} deaths of the process`);
for (const [kind, count] of counts) console.log(`FAIL ${kind}: ${count}`);
if (counts.size > 0) process.exitCode = 1;
else console.log("ok   both servers have seen and done the same");

function isOver(): boolean {
  return Date.now() - started >= seconds * 1000;
}

/**
 * Returns when all is done, the time is over, or the process has died. The next process goes on after the case that
 * ran.
 */
async function runCases(): Promise<void> {
  const script = new URL("cases.mts", import.meta.url).pathname;
  const parameters = [seed, message, plan, wanted - done].map(String);
  const child = spawn(process.execPath, ["--import", "tsx", script, ...parameters], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const doneBefore = done;
  let errors = "";
  child.stderr.on("data", (data: Buffer) => (errors = (errors + String(data)).slice(-2000)));
  let why: "time" | "hang" | undefined;
  const stop = (reason: "time" | "hang") => {
    why ??= reason;
    child.kill("SIGKILL");
  };
  const limit = setTimeout(stop, started + seconds * 1000 - Date.now(), "time");
  let hang = setTimeout(stop, HANG_MS, "hang");
  const ended = new Promise<string>((resolve) =>
    child.once("close", (code, signal) => resolve(signal ?? String(code))),
  );
  for await (const line of createInterface({ input: child.stdout })) {
    hang.refresh();
    const said = JSON.parse(line) as { message: number; plan: number; report?: Record<string, unknown> };
    if (said.report) {
      tell(said.report);
      continue;
    }
    ({ message, plan } = said);
    done++;
  }
  const status = await ended;
  clearTimeout(limit);
  clearTimeout(hang);
  if (status === "0" || why === "time") return;
  if (done === doneBefore) throw new Error(`No case could be run: ${errors}`);
  plan++;
  deaths++;
  tell({ fault: why === "hang" ? "the process hangs" : "the process died", status, errors });
}

function tell({ fault, ...details }: Record<string, unknown>): void {
  const kind = String(fault).replaceAll(/\d+|got .*|\n[^]*/g, "…");
  const count = (counts.get(kind) ?? 0) + 1;
  counts.set(kind, count);
  if (count > PRINTED) return;
  console.log(`\nFAIL ${String(fault)}\n  again: npm run test:desync -- --seed ${seed} --only ${message}.${plan}`);
  for (const [name, value] of Object.entries(details)) {
    if (value !== undefined)
      console.log(`  ${name}: ${typeof value === "string" && name !== "bytes" ? value : JSON.stringify(value)}`);
  }
}
