// `npm run test:package` and `npm run test:installers`: runs the tests of the given folders against one tarball, the
// one of --tarball or a newly packed one. The installed package must need nothing from the checkout.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { startVitest } from "vitest/node";
import { installLocked } from "../helpers/install-locked";

declare module "vitest" {
  export interface ProvidedContext {
    /** The JavaScript file of the npm that runs this script. */
    npm: string;
    tarball: string;
    /** The folder for everything that the tests write. */
    work: string;
  }
}

const root = join(import.meta.dirname, "..", "..");
const { values, positionals: folders } = parseArgs({
  allowPositionals: true,
  options: { tarball: { type: "string" } },
});
const npm = process.env["npm_execpath"];
if (npm === undefined) throw new Error("Start this script with npm: npm run test:package");

// The path has no symbolic links, because only some installers resolve them.
const work = realpathSync(mkdtempSync(join(tmpdir(), "sockinfo-package-")));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));

for (const folder of folders.map((name) => join(import.meta.dirname, name))) {
  if (existsSync(join(folder, "package-lock.json"))) installLocked(folder);
}
const tarball = values.tarball === undefined ? pack() : resolve(process.env["INIT_CWD"] ?? "", values.tarball);
console.log(`${basename(tarball)}: ${(statSync(tarball).size / 1024).toFixed(1)} KiB`);

await startVitest("test", folders, {
  config: false,
  root: import.meta.dirname,
  include: ["*/*.spec.ts"],
  watch: false,
  reporters: "verbose",
  maxWorkers: 2,
  testTimeout: 120_000,
  hookTimeout: 120_000,
  provide: { npm, tarball, work },
});

function pack(): string {
  runNpm(root, "run", "build:ts");
  runNpm(root, "pack", "--ignore-scripts", "--pack-destination", work);
  const [file] = readdirSync(work);
  if (file === undefined) throw new Error("npm pack made no file");
  return join(work, file);
}

function runNpm(folder: string, ...parameters: string[]): void {
  const command = [npm as string, ...parameters, "--no-audit", "--no-fund", "--loglevel=error"];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`npm ${parameters.join(" ")}\n${stdout}${stderr}`);
}
