// `npm run check:prebuilds`: the gate before publishing. Checks the bytes of every binary in prebuilds/, and loads
// the one of this machine. With `-- --require-all` a missing binary is a fault. `-- --folder path` checks another
// folder, as of an unpacked tarball.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { faultsOf } from "./prebuilds/faults.mts";
import { hostName, targets, type Target } from "./prebuilds/targets.mts";
import { tryBinary } from "./prebuilds/try-binary.mts";

const { values: options } = parseArgs({
  options: {
    "require-all": { type: "boolean", default: false },
    folder: { type: "string", default: join(import.meta.dirname, "../prebuilds") },
  },
});

for (const target of targets) {
  const path = join(options.folder, target.name, "sockinfo.node");
  if (existsSync(path)) report(target.name, ...judge(target, path));
  else if (options["require-all"]) report(target.name, ["is missing: npm run build:prebuilds"]);
  else console.log(`--   ${target.name.padEnd(14)} not built`);
}

// npm would pack other files, too.
const expected = ["README.md", ...targets.map(({ name }) => join(name, "sockinfo.node"))];
const files = readdirSync(options.folder, { recursive: true, withFileTypes: true })
  .filter((entry) => !entry.isDirectory())
  .map((entry) => join(entry.parentPath, entry.name).slice(join(options.folder, "/").length));
for (const file of files.filter((name) => !expected.includes(name)))
  report(file, ["is not one of the binaries that the package ships"]);

function judge(target: Target, path: string): [faults: string[], remark: string] {
  const bytes = readFileSync(path);
  const faults = faultsOf(target, bytes);
  if (faults.length > 0 || target.name !== hostName) return [faults, `${bytes.length} bytes`];
  const answer = tryBinary(path);
  if (typeof answer === "string") return [[answer], ""];
  return [[], `${bytes.length} bytes, loaded: TCP_INFO has ${answer} bytes`];
}

function report(name: string, faults: string[], remark = ""): void {
  if (faults.length === 0) console.log(`ok   ${name.padEnd(14)} ${remark}`);
  for (const fault of faults) console.log(`FAIL ${name.padEnd(14)} ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}
