// `npm run test:sanitizers`: runs the tests that call native functions, with a binary that reports every wrong memory
// access, leak and undefined operation, in all processes and threads. canary.cc makes each process leak on purpose. A
// process that does not report that leak was not checked, which is a failure. `-- --quick` runs a part of the tests,
// in less than a minute.
import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { InstrumentedPackage } from "./instrumented-package.mts";
import { isCanary } from "./reports.mts";

const { values: options } = parseArgs({ options: { quick: { type: "boolean", default: false } } });

/**
 * Parts of the paths of the test files. In the quick form: each native function, and the end of threads and processes.
 */
const QUICK = [".live.test.ts", "test/addon/native-arguments.test.ts", "test/addon/environments.test.ts"];
const ALL = [
  ".live.test.ts",
  "test/addon/",
  "test/peer-credentials/",
  "test/source/",
  "test/errors-across-copies.test.ts",
  "test/options.test.ts",
  "test/subpaths.test.ts",
];

const selected = options.quick ? QUICK : ALL;

const instrumented = new InstrumentedPackage();

function check(what: string, holds: boolean): void {
  console.log(`${holds ? "ok  " : "FAIL"} ${what}`);
  if (!holds) process.exitCode = 1;
}

instrumented.proveDetectors();
const leaked = instrumented.makeFolder("leaked");
const passed = instrumented.run(
  ["node_modules/vitest/vitest.mjs", "run", "--config", "test/sanitizers/vitest.config.mts", ...selected],
  // In another pid namespace LeakSanitizer does not work and ends the process. No other need may be missing.
  { SOCKINFO_CANARY: leaked, SOCKINFO_TEST_ALL: "1", SOCKINFO_TEST_LACKS: "unshare" },
);
check("the tests pass", passed);

const reports = instrumented.takeReports();
const others = reports.filter(({ kind }) => kind === "leak of others");
const findings = reports.filter((report) => /error|ours/.test(report.kind) && !isCanary(report));
check(`no error and no leak of ours (${others.length} leaks of others)`, findings.length === 0);
for (const { pid, kind, text } of findings) console.log(`\nprocess ${pid}, ${kind}: ${text}`);

const loaded = readdirSync(leaked).map(Number);
const unchecked = loaded.filter((pid) => !reports.some((report) => report.pid === pid && isCanary(report)));
const checked = `${loaded.length - unchecked.length} of ${loaded.length}`;
check(`${checked} processes with the binary were checked for leaks`, loaded.length > 0 && unchecked.length === 0);
for (const pid of unchecked)
  console.log(`process ${pid}: ${reports.find((report) => report.pid === pid)?.text ?? "no report"}`);
