// For the suites without Vitest: prints one line for each check. A failed check makes the process fail.
import { isDeepStrictEqual } from "node:util";

export function check(what: string, holds: boolean, seen?: unknown): void {
  console.log(`${holds ? "ok  " : "FAIL"} ${what}`);
  if (holds) return;
  process.exitCode = 1;
  if (seen !== undefined) console.log(`     ${typeof seen === "string" ? seen.trim() : JSON.stringify(seen)}`);
}

export function checkEqual(what: string, seen: unknown, expected: unknown): void {
  check(what, isDeepStrictEqual(seen, expected), { seen, expected });
}
