// Runs a script in a Node of its own and tells how it ended.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./docs";

export const entry: string = join(root, "dist", "index.js");

export interface Ending {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `script` finds the package as `sockinfo`. */
export function runNode(script: string, flags: string[] = [], packageEntry = entry): Ending {
  const source = `const sockinfo = require(${JSON.stringify(packageEntry)});${script}`;
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [...flags, "-e", source], {
    encoding: "utf8",
    timeout: 25_000,
  });
  return { status, signal, stdout: stdout.trim(), stderr: stderr.trim() };
}
