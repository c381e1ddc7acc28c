// Installs a suite's heavy packages, which have a package.json and a lock file of their own so that the root stays light.
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";

/**
 * `npm ci` in `folder`, unless that has been done since its lock file changed. Install scripts don't run. `flags` are npm's;
 * `--force` is for packages of other processors, which it refuses otherwise.
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
