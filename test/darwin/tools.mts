// Finds and runs the programs that replace Apple's.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Debian's package for each program or file. */
const NEEDED: Record<string, string> = {
  "/usr/bin/clang++-19": "clang-19",
  "/usr/bin/ld64.lld-19": "lld-19",
  "/usr/bin/llvm-nm-19": "llvm-19",
  "/usr/lib/llvm-19/include/c++/v1/new": "libc++-19-dev",
  "/usr/bin/g++": "g++",
  "/usr/bin/make": "make",
};

/** Ends the process with the command that installs what is missing. */
export function demandTools(): void {
  const missing = Object.keys(NEEDED).filter((file) => !existsSync(file));
  if (missing.length === 0) return;
  const packages = missing.map((file) => NEEDED[file]).join(" ");
  console.error(`The checks for macOS need: apt-get install --no-install-recommends ${packages}`);
  process.exit(1);
}

/** Returns the output of the program. Throws its error output if it fails. */
export function run(file: string, parameters: string[], more: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): string {
  return execFileSync(file, parameters, { encoding: "utf8", stdio: "pipe", maxBuffer: 2 ** 28, ...more });
}
