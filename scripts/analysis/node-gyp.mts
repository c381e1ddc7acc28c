// Runs the repository's node-gyp on a copy of binding.gyp, so that build/ of the checkout stays as it is.
// Used by compile-commands.mts and by test/sanitizers/instrumented-package.mts.
import { spawnSync } from "node:child_process";
import { cpSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { hasNodeHeaders, nodeHeaders } from "../node-headers.mts";

export const root: string = join(import.meta.dirname, "..", "..");

/** What node-gyp reads; the folder gets this repository's node_modules as well. */
export function copySources(folder: string): void {
  for (const name of ["binding.gyp", "native", "package.json"])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
}

interface More {
  /** The folder with node_api.h and common.gypi. Left out: that of this Node. */
  readonly headers?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

/** `gypParameters` go to gyp itself. Throws with all of the output if it fails. */
export function nodeGyp(folder: string, command: string, gypParameters: string[], more: More = {}): void {
  const script = createRequire(import.meta.url).resolve("node-gyp/bin/node-gyp.js");
  const env = { ...process.env, ...more.env };
  const headers = more.headers ?? (hasNodeHeaders ? nodeHeaders : undefined);
  // Not --nodedir: node-gyp prefers what npm has in the environment.
  if (headers !== undefined) env["npm_config_nodedir"] = join(headers, "..", "..");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, command, "--", ...gypParameters], {
    cwd: folder,
    encoding: "utf8",
    env,
  });
  if (status !== 0) throw new Error(`node-gyp ${command} failed\n${stdout}\n${stderr}`);
}
