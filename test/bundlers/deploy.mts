// A folder like on the machine that runs the build: no folder above it belongs to the project.
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

/** The program's standard output and standard error. */
export function output(folder: string, file: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, [file], { cwd: folder, encoding: "utf8", timeout: 20_000 });
  return `${stdout}${stderr}`.trim();
}
