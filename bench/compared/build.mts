// Installs the packages of this folder's package.json and builds native code.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { hasNodeHeaders, nodePrefix } from "../../scripts/node-headers.mts";

/** Not bench/ as a whole: a package.json there would hide that of the root, and with it the name "sockinfo". */
export const PROJECT: string = import.meta.dirname;

const requireFromRoot = createRequire(import.meta.url);

/** Runs no install scripts: npm 12 would not run them, and sockopt's accepts a broken binary as a good one. */
export function installPackages(): void {
  const installed = join(PROJECT, "node_modules", ".package-lock.json");
  if (existsSync(installed) && modified(installed) >= modified(join(PROJECT, "package-lock.json"))) return;
  const npm = process.env["npm_execpath"];
  const [file, first] = npm === undefined ? ["npm", []] : [process.execPath, [npm]];
  run(file, [...first, "ci", "--ignore-scripts", "--prefix", PROJECT], PROJECT);
}

/** Runs the repository's node-gyp in a folder that has a binding.gyp. */
export function buildNative(folder: string): void {
  const headers = process.env["npm_config_nodedir"] ?? (hasNodeHeaders ? nodePrefix : undefined);
  const parameters = [requireFromRoot.resolve("node-gyp/bin/node-gyp.js"), "rebuild"];
  if (headers !== undefined) parameters.push(`--nodedir=${headers}`);
  run(process.execPath, parameters, folder);
}

export function modified(file: string): number {
  return existsSync(file) ? statSync(file).mtimeMs : 0;
}

function run(file: string, parameters: string[], folder: string): void {
  const { status, error, stderr } = spawnSync(file, parameters, { cwd: folder, encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) throw new Error(stderr.trim().split("\n").slice(-20).join("\n"));
}
