// Runs a script in a new Node process and returns how it ended.
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

/** In `script`, `sockinfo` is the package. */
export function runNode(script: string, flags: string[] = [], packageEntry = entry): Ending {
  const source = `const sockinfo = require(${JSON.stringify(packageEntry)});${script}`;
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [...flags, "-e", source], {
    encoding: "utf8",
    // Below the limit of a test under sanitizers.
    timeout: 110_000,
  });
  return { status, signal, stdout: stdout.trim(), stderr: stderr.trim() };
}
