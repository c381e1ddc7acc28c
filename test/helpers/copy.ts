// A second copy of the package, as when two dependencies of a project each have one.
import { cpSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./docs";

/** Returns its folder, and a function that removes it. */
export function makeCopy(): { readonly home: string; readonly remove: () => void } {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "sockinfo-copy-")));
  for (const folder of ["dist", join("prebuilds", `${process.platform}-${process.arch}`)]) {
    cpSync(join(root, folder), join(home, folder), { recursive: true });
  }
  return { home, remove: () => rmSync(home, { recursive: true }) };
}
