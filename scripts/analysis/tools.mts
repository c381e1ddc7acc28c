// Checks that the programs and files that a suite needs are installed.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Ends the script if something is missing. `needs` maps a program or the path of a file to its Debian package. */
export function demandTools(needs: Readonly<Record<string, string>>): void {
  const missing = Object.keys(needs).filter((need) => !existsSync(need) && spawnSync(need, ["--version"]).error);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((need) => needs[need]))];
  console.error(`programs are missing: apt-get install --no-install-recommends ${packages.join(" ")}`);
  process.exit(1);
}
