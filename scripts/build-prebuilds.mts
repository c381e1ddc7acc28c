// `npm run build:prebuilds`: builds the binaries that the package ships, into prebuilds/: `-- linux-arm64 …` only
// those, `-- linux` all of that platform, without names all that this machine can build.
import { statSync } from "node:fs";
import { join } from "node:path";
import { buildTarget, cannotBuild } from "./prebuilds/build.mts";
import { targets, type Target } from "./prebuilds/targets.mts";

const names = process.argv.slice(2);
const isNamed = (target: Target) => names.includes(target.name) || names.includes(target.platform);
const unknown = names.filter(
  (name) => !targets.some(({ name: known, platform }) => name === known || name === platform),
);
if (unknown.length > 0)
  throw new Error(`unknown target ${unknown.join(", ")}. Targets: ${targets.map(({ name }) => name).join(", ")}`);

for (const target of targets) {
  if (names.length > 0 && !isNamed(target)) continue;
  const reason = cannotBuild(target);
  if (reason) {
    console.log(`${target.name.padEnd(14)} not built: ${reason}`);
    if (names.length > 0) process.exitCode = 1;
    continue;
  }
  const start = performance.now();
  buildTarget(target);
  const { size } = statSync(join(import.meta.dirname, "../prebuilds", target.name, "sockinfo.node"));
  const seconds = (performance.now() - start) / 1000;
  console.log(`${target.name.padEnd(14)} ${size} bytes, ${seconds.toFixed(1)} s`);
}
