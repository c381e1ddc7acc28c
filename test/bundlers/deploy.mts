// Another folder, as on the machine that runs what was built: nothing of the project is above it. Used by all of this suite.
import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFolder } from "../helpers/temporary";

export function makeTarget(): string {
  return makeFolder(join(tmpdir(), "sockinfo-bundlers-"));
}

export function copyInto(target: string, source: string, name: string): void {
  cpSync(source, join(target, name), { recursive: true });
}

/** What a program printed, on both streams. */
export function output(folder: string, file: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, [file], { cwd: folder, encoding: "utf8", timeout: 20_000 });
  return `${stdout}${stderr}`.trim();
}
