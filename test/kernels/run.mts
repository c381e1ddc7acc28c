// `npm run test:kernels`: runs the tests that depend on the kernel on other kernels and processors, in emulated
// machines. Runs on all of kernels.mts, or with `-- 5.10 arm64` on these two.
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleTests, CONNECTION_TESTS, type BundledFile } from "./bundle-tests.mts";
import { packInitramfs } from "./initramfs.mts";
import { kernelFiles } from "./kernel-files.mts";
import { KERNELS, type Kernel } from "./kernels.mts";
import { runMachine, type Outcome } from "./machine.mts";
import { findMissing } from "./needs.mts";

const MACHINES_AT_ONCE = 2;
/** The number of console lines to show after a failure. */
const SHOWN_LINES = 30;

const names = process.argv.slice(2);
const selected = KERNELS.filter(({ name }) => names.length === 0 || names.includes(name));
const unknown = names.filter((name) => !KERNELS.some((kernel) => kernel.name === name));
if (unknown.length > 0) stop([`not in kernels.mts: ${unknown.join(", ")}`]);
const missing = findMissing(selected);
if (missing.length > 0) stop(missing);

const work = mkdtempSync(join(tmpdir(), "sockinfo-kernels-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));
// Machines are process groups of their own, so they would outlive this process.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

const tests = await bundleTests();
const start = performance.now();
const waiting = [...selected];
await Promise.all(Array.from({ length: MACHINES_AT_ONCE }, testWaiting));
console.log(`${selected.length} kernels in ${secondsSince(start)}`);

async function testWaiting(): Promise<void> {
  for (let kernel = waiting.shift(); kernel !== undefined; kernel = waiting.shift()) {
    const begin = performance.now();
    const { summary, failures } = await test(kernel).catch((error: unknown) => ({
      summary: "",
      failures: [String(error)],
    }));
    console.log(`${failures.length === 0 ? "ok  " : "FAIL"} ${kernel.name.padEnd(6)} ${summary}${secondsSince(begin)}`);
    for (const failure of failures) console.log(failure.replaceAll(/^/gm, "     "));
    if (failures.length > 0) process.exitCode = 1;
  }
}

async function test(kernel: Kernel): Promise<{ summary: string; failures: string[] }> {
  const files = await kernelFiles(kernel);
  const folder = join(work, kernel.name);
  const initramfs = join(folder, "initramfs");
  await mkdir(folder);
  await writeFile(initramfs, await packInitramfs(kernel, join(files, "modules"), testsFor(kernel)));
  const boot = () => runMachine(kernel, { kernel: join(files, "kernel"), initramfs, folder });
  let outcome = await boot();
  if (!outcome.booted) {
    // An emulated processor sometimes crashes a kernel while it boots. A later or a second failure counts.
    console.log(`--   ${kernel.name.padEnd(6)} did not boot, so it is started once more`);
    outcome = await boot();
  }
  await rm(folder, { recursive: true });
  const failures = [...outcome.failures, ...findDisproved(kernel, outcome)];
  if (failures.length > 0)
    failures.push(["the last lines of the console:", ...outcome.said.slice(-SHOWN_LINES)].join("\n"));
  return { summary: summarize(kernel, outcome), failures };
}

/** The test files for a guest, which runs all files that it has. */
function testsFor(kernel: Kernel): BundledFile[] {
  const isOfConnections = ({ path }: BundledFile) => CONNECTION_TESTS.some((name) => path.startsWith(name));
  return tests.filter((file) => kernel.tests === "all" || !isOfConnections(file));
}

function stop(reasons: readonly string[]): never {
  for (const reason of reasons) console.error(reason);
  process.exit(1);
}

/** The facts of the table that the kernel does not confirm. */
function findDisproved(kernel: Kernel, { facts, passed, skipped, failures }: Outcome): string[] {
  const wrong: string[] = [];
  const expect = (what: string, holds: boolean) => void (holds || wrong.push(`expected: ${what}`));
  if (facts !== undefined) {
    expect(`a release like ${kernel.release}`, kernel.release.test(facts.release));
    expect(
      `${kernel.arch}, ${kernel.endianness}`,
      facts.arch === kernel.arch && facts.endianness === kernel.endianness,
    );
    expect(`TCP_INFO of ${kernel.tcpInfoBytes} bytes`, facts.tcpInfoBytes === kernel.tcpInfoBytes);
  }
  // A guest that ended early has a failure already and reported no more.
  if (failures.length > 0) return wrong;
  expect("tests that pass", passed > 0);
  expect(kernel.lacks.length === 0 ? "no skipped test" : "skipped tests", skipped > 0 === kernel.lacks.length > 0);
  return wrong;
}

function summarize({ lacks }: Kernel, { facts, passed, skipped, failures }: Outcome): string {
  if (facts === undefined) return "";
  const { release, arch, endianness, node, tcpInfoBytes } = facts;
  const why = skipped > 0 ? ` (no ${lacks.join(", ")})` : "";
  const machine = `Linux ${release}, ${arch} ${endianness}, Node ${node}, TCP_INFO ${tcpInfoBytes} bytes`;
  return `${machine}: ${passed} passed, ${skipped} skipped${why}, ${failures.length} failed, `;
}

function secondsSince(begin: number): string {
  return `${((performance.now() - begin) / 1000).toFixed(1)} s`;
}
