// A copy of the package whose binary has AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer in it, and a
// way to run Node on it, whose children are watched as well. Used by run-tests.mts and by test/fuzz.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copySources, nodeGyp, root } from "../../scripts/analysis/node-gyp.mts";
import { demandTools } from "../../scripts/analysis/tools.mts";
import { isCanary, SYMBOLIZER, takeReports, type Report } from "./reports.mts";

// Not gcc: its two run-time libraries do not share their options, and only one of them writes its reports to files.
const COMPILER = "clang++-19";
const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: "x86_64", arm64: "aarch64" };

export class InstrumentedPackage {
  readonly folder: string = mkdtempSync(join(tmpdir(), "sockinfo-sanitizers-"));
  readonly binary: string = join(this.folder, "prebuilds", `${process.platform}-${process.arch}`, "sockinfo.node");
  readonly #reports: string;
  readonly #environment: NodeJS.ProcessEnv;

  constructor() {
    demandTools({ [COMPILER]: "clang-19", [SYMBOLIZER]: "llvm-19", make: "make", python3: "python3" });
    const runtime = findRuntime();
    process.on("exit", () => rmSync(this.folder, { recursive: true, force: true }));
    chmodSync(this.folder, 0o755);
    this.#reports = this.makeFolder("reports");
    this.#build();
    const options = [
      // An error ends the process by a signal. Leaks, which other programs have too, leave its exit code as it was.
      "abort_on_error=1",
      "exitcode=0",
      "detect_leaks=1",
      "print_stacktrace=1",
      "symbolize=0",
      // Enough to see who allocated; the whole stack takes twice the time.
      "malloc_context_size=12",
      `log_path='${join(this.#reports, "report")}'`,
    ].join(":");
    this.#environment = { ...process.env, LD_PRELOAD: runtime, ASAN_OPTIONS: options, UBSAN_OPTIONS: options };
  }

  #build(): void {
    copySources(this.folder);
    for (const name of ["dist", "docs", "scripts", "test", "vitest.config.mts"])
      cpSync(join(root, name), join(this.folder, name), {
        recursive: true,
        filter: (path) => !/node_modules/.test(path),
      });
    nodeGyp(this.folder, "rebuild", ["-I", "test/sanitizers/sanitizers.gypi"], {
      env: { CC: COMPILER, CXX: COMPILER },
    });
    cpSync(join(this.folder, "build/Release/sockinfo.node"), this.binary);
  }

  /** Open to all: some tests run processes of other users, which report as well. */
  makeFolder(name: string): string {
    const path = join(this.folder, name);
    mkdirSync(path);
    chmodSync(path, 0o777);
    return path;
  }

  /** Runs Node in the package's folder; whether it ended well. */
  run(parameters: readonly string[], env: NodeJS.ProcessEnv = {}, stdio: "inherit" | "ignore" = "inherit"): boolean {
    const { status } = spawnSync(process.execPath, parameters, {
      cwd: this.folder,
      stdio,
      env: { ...this.#environment, ...env },
    });
    return status === 0;
  }

  /**
   * Mistakes on purpose (canary.cc) have to be reported, and to end the process; otherwise no silence means anything.
   */
  proveDetectors(): void {
    for (const [song, expected] of [
      ["overflow", "heap-buffer-overflow"],
      ["undefined", "signed integer overflow"],
    ] as const) {
      const load = `process.dlopen({ exports: {} }, ${JSON.stringify(this.binary)})`;
      const survived = this.run(["-e", load], { SOCKINFO_CANARY: song }, "ignore");
      const seen = this.takeReports().some((report) => isCanary(report) && report.text.includes(expected));
      if (survived || !seen) throw new Error(`a mistake on purpose was not reported: ${expected}`);
    }
  }

  /** What was reported since the last time. */
  takeReports(): Report[] {
    return takeReports(this.#reports, this.binary);
  }
}

function findRuntime(): string {
  const name = `libclang_rt.asan-${ARCHITECTURES[process.arch]}.so`;
  const path = spawnSync(COMPILER, [`-print-file-name=${name}`], { encoding: "utf8" }).stdout.trim();
  demandTools({ [path]: "libclang-rt-19-dev" });
  return path;
}
