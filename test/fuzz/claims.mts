// Runs properties for a limited time, with a seed that is printed.
import { parseArgs } from "node:util";
import * as fc from "fast-check";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    seed: { type: "string", default: String(Date.now() & 0xff_ffff) },
  },
});
export const seconds = Number(values.seconds);
export const seed = Number(values.seed);
if (!(seconds > 0)) throw new Error(`--seconds must be a number greater than 0. Received '${values.seconds}'`);
if (!Number.isInteger(seed)) throw new Error(`--seed must be an integer. Received '${values.seed}'`);

/** Tries inputs for a number of milliseconds. */
type Claim = (milliseconds: number) => { failed: boolean; runs: number; report: string };

export function claim<T>(property: fc.IProperty<T>): Claim {
  return (milliseconds) => {
    const result = fc.check(property, {
      seed,
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: milliseconds,
      includeErrorInReport: true,
    });
    const { failed, numRuns: runs } = result;
    return { failed, runs, report: fc.defaultReportMessage(result) ?? "" };
  };
}

/** Each claim gets an equal part of `share` of the time. A false claim sets the exit code to 1. */
export function tryClaims(claims: Readonly<Record<string, Claim>>, share: number): void {
  const milliseconds = (seconds * 1000 * share) / Object.keys(claims).length;
  for (const [name, attempt] of Object.entries(claims)) {
    const { failed, runs, report } = attempt(milliseconds);
    console.log(`${failed ? "FAIL" : "ok  "} ${name} (${runs} inputs)`);
    if (!failed && runs > 0) continue;
    process.exitCode = 1;
    console.log(report);
  }
}

export function expect(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}
