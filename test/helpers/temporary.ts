// Temporary folders for the suites without Vitest, removed when the process ends.
import { mkdtempSync, rmSync } from "node:fs";

const folders: string[] = [];

process.on("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** `prefix` is the path without the random end of the name. */
export function makeFolder(prefix: string): string {
  const folder = mkdtempSync(prefix);
  folders.push(folder);
  return folder;
}
