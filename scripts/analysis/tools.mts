// Which programs and files an analysis needs, and which of Debian's packages have them. Used by all analyses.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Ends the script if one is missing. `needs`: program, or path of a file, → package. */
export function demandTools(needs: Readonly<Record<string, string>>): void {
  const missing = Object.keys(needs).filter((need) => !existsSync(need) && spawnSync(need, ["--version"]).error);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((need) => needs[need]))];
  console.error(`missing here: apt-get install --no-install-recommends ${packages.join(" ")}`);
  process.exit(1);
}
