// Folders of the suites that are no vitest, removed when the process ends.
import { mkdtempSync, rmSync } from "node:fs";

const folders: string[] = [];

process.on("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** `prefix` is the path to the name's random part. */
export function makeFolder(prefix: string): string {
  const folder = mkdtempSync(prefix);
  folders.push(folder);
  return folder;
}
