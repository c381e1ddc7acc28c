// A copy of the package whose binary is built with AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer. It
// runs Node with that binary. Child processes are checked, too.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copySources, nodeGyp, root } from "../../scripts/analysis/node-gyp.mts";
import { demandTools } from "../../scripts/analysis/tools.mts";
import { isCanary, SYMBOLIZER, takeReports, type Report } from "./reports.mts";

// Not gcc, whose two run-time libraries do not share options. Only one of them writes reports to files.
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
      // An error ends the process with a signal. Leaks do not change the exit code, because other programs have
      // leaks, too.
      "abort_on_error=1",
      "exitcode=0",
      "detect_leaks=1",
      "print_stacktrace=1",
      "symbolize=0",
      // Enough frames to find the allocating function. The whole stack would take twice the time.
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

  /** Everyone may write to the folder, because processes of other users report there, too. */
  makeFolder(name: string): string {
    const path = join(this.folder, name);
    mkdirSync(path);
    chmodSync(path, 0o777);
    return path;
  }

  /** Runs Node in the package's folder. Returns whether it exited with 0. */
  run(parameters: readonly string[], env: NodeJS.ProcessEnv = {}, stdio: "inherit" | "ignore" = "inherit"): boolean {
    const { status } = spawnSync(process.execPath, parameters, {
      cwd: this.folder,
      stdio,
      env: { ...this.#environment, ...env },
    });
    return status === 0;
  }

  /**
   * The mistakes of canary.cc must be reported and end the process. Otherwise a run without reports proves nothing.
   */
  proveDetectors(): void {
    for (const [mistake, expected] of [
      ["overflow", "heap-buffer-overflow"],
      ["undefined", "signed integer overflow"],
    ] as const) {
      const load = `process.dlopen({ exports: {} }, ${JSON.stringify(this.binary)})`;
      const survived = this.run(["-e", load], { SOCKINFO_CANARY: mistake }, "ignore");
      const seen = this.takeReports().some((report) => isCanary(report) && report.text.includes(expected));
      if (survived || !seen) throw new Error(`a deliberate mistake was not reported: ${expected}`);
    }
  }

  /** The reports since the last call. */
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
