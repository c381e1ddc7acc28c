// Installs a suite's heavy packages. They have their own package.json and lock file, which keeps the root's small.
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";

/**
 * Runs `npm ci` in `folder`, unless it ran after the last change of the lock file. Install scripts don't run. With
 * `--force` npm also installs packages of other processors.
 */
export function installLocked(folder: string, ...flags: readonly "--force"[]): void {
  const installed = modified(join(folder, "node_modules", ".package-lock.json"));
  if (installed >= modified(join(folder, "package-lock.json"))) return;
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  execFileSync("npm", ["ci", "--ignore-scripts", ...flags, ...quiet], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

function modified(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
