// Runs the checks of `sockinfo doctor`. A check that fails or hangs does not stop the others.
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { getUnsupportedReason } from "../../core";
import { clean } from "../clean";
import { type Check, Gap } from "./check";
import { openTcpLoopback, openUnixLoopback } from "./loopback";
import { RUNTIME_CHECKS } from "./runtime-checks";
import { TCP_CHECKS } from "./tcp-checks";
import { UNIX_CHECKS } from "./unix-checks";

export interface Finding {
  readonly name: string;
  readonly works: "yes" | "partly" | "no";
  /** What was found, or why it does not work. */
  readonly detail: string;
  /** The code of the error. */
  readonly code?: string | undefined;
}

const SUPPORT: Check<unknown> = { name: "native module", try: tryModule };

export async function examine(): Promise<Finding[]> {
  return [
    ...(await runAll([SUPPORT], onNothing)),
    ...(await runAll(TCP_CHECKS, openTcpLoopback)),
    ...(await runAll(UNIX_CHECKS, openUnixLoopback)),
    ...(await runAll(RUNTIME_CHECKS, onNothing)),
  ];
}

function tryModule(): string {
  const reason = getUnsupportedReason();
  if (reason !== undefined) throw reason;
  return `${process.platform}-${process.arch}, and TCP_INFO can be read`;
}

function onNothing(): Promise<{ close(): void }> {
  return Promise.resolve({ close: () => {} });
}

async function runAll<On extends { close(): void }>(
  checks: readonly Check<On>[],
  open: () => Promise<On>,
): Promise<Finding[]> {
  let on: On;
  try {
    on = await open();
  } catch (error) {
    return checks.map(({ name }) => failed(name, error));
  }
  const findings: Finding[] = [];
  for (const check of checks) findings.push(await run(check, on));
  on.close();
  return findings;
}

async function run<On>(check: Check<On>, on: On): Promise<Finding> {
  const { name } = check;
  try {
    const result = await withinLimit(check.try(on));
    return result instanceof Gap
      ? { name, works: "partly", detail: result.text }
      : { name, works: "yes", detail: result };
  } catch (error) {
    return failed(name, error);
  }
}

const LONGEST_MS = 10_000;

async function withinLimit<Result>(result: Result | Promise<Result>): Promise<Result> {
  const ended = new AbortController();
  const limit = setTimeout(LONGEST_MS, undefined, { signal: ended.signal }).then(() => {
    throw new Error(`no answer within ${LONGEST_MS / 1000} s`);
  });
  // It rejects when it is aborted, too.
  limit.catch(() => {});
  try {
    return await Promise.race([result, limit]);
  } finally {
    ended.abort();
  }
}

function failed(name: string, error: unknown): Finding {
  const { message, code } = error as { message?: unknown; code?: unknown };
  return { name, works: "no", detail: clean(message ?? error, 500), code: typeof code === "string" ? code : undefined };
}
