// `npm run test:reproducible`: builds the sources in another folder and compares the bytes with prebuilds/, for all
// binaries that this machine can build. Needs `npm run build:prebuilds` first.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cannotBuild } from "../../scripts/prebuilds/build.mts";
import { targets } from "../../scripts/prebuilds/targets.mts";

const root = join(import.meta.dirname, "../..");
const binaryIn = (folder: string, name: string) => join(folder, "prebuilds", name, "sockinfo.node");
const names = targets.filter((target) => !cannotBuild(target)).map(({ name }) => name);
const missing = names.filter((name) => !existsSync(binaryIn(root, name)));
if (missing.length > 0) throw new Error(`binaries are missing: npm run build:prebuilds -- ${missing.join(" ")}`);

const copy = mkdtempSync(join(tmpdir(), "sockinfo in another folder, with a longer name "));
process.on("exit", () => rmSync(copy, { recursive: true }));
for (const name of ["binding.gyp", "native", "package.json", "scripts"])
  cpSync(join(root, name), join(copy, name), { recursive: true });
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
const build = ["--import", "tsx", "scripts/build-prebuilds.mts", ...names];
execFileSync(process.execPath, build, { cwd: copy, stdio: ["ignore", "ignore", "inherit"] });

for (const name of names) {
  const isSame = readFileSync(binaryIn(copy, name)).equals(readFileSync(binaryIn(root, name)));
  console.log(
    `${isSame ? "ok  " : "FAIL"} ${name.padEnd(14)} ${isSame ? "the same" : "other"} bytes in another folder`,
  );
  if (!isSame) process.exitCode = 1;
}
