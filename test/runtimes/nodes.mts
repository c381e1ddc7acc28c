// Runs all tests of `npm test` on each version of Node, with the binary in prebuilds/.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, checkEqual } from "../helpers/check";
import { root } from "../helpers/docs";
import { makeFolder } from "../helpers/temporary";
import { environmentOf, type Version } from "./versions.mts";

/** Vitest's JSON report. */
interface Report {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numPendingTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly failureMessages?: readonly string[] }[];
  }[];
}

/** Needs of slow tests that depend on the system, not on Node. Only `npm test` runs those tests. */
const OF_THE_SYSTEM = "chromium,crowds,strace,systemd,tmux,tun";

export function tryNodes(versions: readonly Version[]): void {
  const counts = versions.map(tryNode);
  checkEqual("every version passes the same number of tests", new Set(counts).size, 1);
}

/** These tests examine the whole process, so each file needs a new one. */
const ALONE = ["current-socket", "current-socket-switch", "detach", "leaks"].map(
  (name) => `test/connections/${name}.test.ts`,
);

/** Returns the number of passed tests. */
function tryNode(version: Version): number {
  // One process for all files takes half the time, and tests that no file depends on a fresh process. `npm test` has
  // one for each.
  const together = runTests(version, ["--no-isolate", ...ALONE.map((file) => `--exclude=${file}`)]);
  return together + runTests(version, ALONE);
}

function runTests(version: Version, parameters: readonly string[]): number {
  const file = join(makeFolder(join(tmpdir(), "sockinfo-runtimes-")), "report.json");
  const begin = Date.now();
  const { stderr } = spawnSync(
    "node",
    ["node_modules/vitest/vitest.mjs", "run", ...parameters, "--reporter=json", `--outputFile=${file}`],
    { cwd: root, env: { ...environmentOf(version), SOCKINFO_TEST_LACKS: OF_THE_SYSTEM }, encoding: "utf8" },
  );
  const seconds = Math.round((Date.now() - begin) / 1000);
  const report = JSON.parse(readFileSync(file, "utf8")) as Report;
  const { numPassedTests, numPendingTests, numFailedTests } = report;
  const counts = `${numPassedTests} tests passed, ${numPendingTests} skipped, ${numFailedTests} failed`;
  check(`${version.name}: ${counts}, in ${seconds} s`, report.success && numPassedTests > 0, failures(report) + stderr);
  return numPassedTests;
}

function failures({ testResults }: Report): string {
  return testResults
    .flatMap(({ message, assertionResults }) => [
      message,
      ...assertionResults.flatMap(({ fullName, failureMessages = [] }) =>
        failureMessages.map((text) => `${fullName}: ${text}`),
      ),
    ])
    .filter((text) => text !== "")
    .join("\n");
}
