// `npm run test:sanitizers`: the tests that call native functions, on a binary that reports every wrong memory access,
// leak and undefined operation, in every process and thread. Each process leaks once on purpose (canary.cc). A process
// that does not report that leak was not watched, which is a failure, too. With `-- --quick` a part of the tests, in
// less than a minute.
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
const nest = instrumented.makeFolder("nest");
const passed = instrumented.run(
  ["node_modules/vitest/vitest.mjs", "run", "--config", "test/sanitizers/vitest.config.mts", ...selected],
  // In another process namespace leaks can't be looked for, and the detector ends the process. Nothing else may be
  // missing.
  { SOCKINFO_CANARY: nest, SOCKINFO_TEST_ALL: "1", SOCKINFO_TEST_LACKS: "unshare" },
);
check("the tests pass", passed);

const reports = instrumented.takeReports();
const others = reports.filter(({ kind }) => kind === "leak of others");
const findings = reports.filter((report) => /error|ours/.test(report.kind) && !isCanary(report));
check(`no error, and no leak of ours (but ${others.length} of others)`, findings.length === 0);
for (const { pid, kind, text } of findings) console.log(`\nprocess ${pid}, ${kind}: ${text}`);

const loaded = readdirSync(nest).map(Number);
const unwatched = loaded.filter((pid) => !reports.some((report) => report.pid === pid && isCanary(report)));
const watched = `${loaded.length - unwatched.length} of ${loaded.length}`;
check(`${watched} processes with the binary were looked at for leaks`, loaded.length > 0 && unwatched.length === 0);
for (const pid of unwatched)
  console.log(`process ${pid}: ${reports.find((report) => report.pid === pid)?.text ?? "no report"}`);
