// Which build of sockinfo was measured: a hash of dist/ and prebuilds/. It shows when a build during the run spoiled
// the figures.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

export function hashBuild(): string {
  const hash = createHash("sha256");
  for (const folder of ["dist", "prebuilds"]) {
    const entries = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    for (const file of files.toSorted()) hash.update(file.slice(ROOT.length)).update(readFileSync(file));
  }
  return hash.digest("hex").slice(0, 8);
}
