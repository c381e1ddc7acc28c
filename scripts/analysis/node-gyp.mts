// Runs node-gyp on a copy of binding.gyp, so that build/ of the checkout does not change.
import { spawnSync } from "node:child_process";
import { cpSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { hasNodeHeaders, nodeHeaders } from "../node-headers.mts";

export const root: string = join(import.meta.dirname, "..", "..");

/** Copies the files that node-gyp reads to `folder`, and links this repository's node_modules there. */
export function copySources(folder: string): void {
  for (const name of ["binding.gyp", "native", "package.json"])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
}

interface NodeGypOptions {
  /** The folder with node_api.h and common.gypi. Default: that of this Node. */
  readonly headers?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

/** Passes `gypParameters` to gyp itself. Throws an error with the whole output if node-gyp fails. */
export function nodeGyp(folder: string, command: string, gypParameters: string[], options: NodeGypOptions = {}): void {
  const script = createRequire(import.meta.url).resolve("node-gyp/bin/node-gyp.js");
  const env = { ...process.env, ...options.env };
  const headers = options.headers ?? (hasNodeHeaders ? nodeHeaders : undefined);
  // Not --nodedir: a value that npm put into the environment would override it.
  if (headers !== undefined) env["npm_config_nodedir"] = join(headers, "..", "..");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, command, "--", ...gypParameters], {
    cwd: folder,
    encoding: "utf8",
    env,
  });
  if (status !== 0) throw new Error(`node-gyp ${command} failed\n${stdout}\n${stderr}`);
}
