// `npm run test:emulated`: runs guest.cjs with the binaries for other processors, each in a Node for its processor,
// under qemu-user. Loading and peer credentials work as on the real machine. For TCP_INFO qemu returns one int, which
// tests a far too short answer. The Node binaries are packages of package.json.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { installLocked } from "../helpers/install-locked";
import { aptPackage, targets, type LinuxTarget } from "../../scripts/prebuilds/targets.mts";

/** The targets for which npm has a Node. test/libc runs riscv64. */
const EMULATORS: Readonly<Record<string, string>> = {
  arm64: "qemu-aarch64-static",
  arm: "qemu-arm-static",
  s390x: "qemu-s390x-static",
  ppc64: "qemu-ppc64le-static",
};

const here = import.meta.dirname;
const root = join(here, "../..");
const foreign = targets.filter(
  (target): target is LinuxTarget => target.platform === "linux" && EMULATORS[target.arch] !== undefined,
);
const sysroot = ({ toolchain }: LinuxTarget) => join("/usr", toolchain);

requirePackages();
requireBinaries();
installLocked(here, "--force");
for (const target of foreign) run(target);

function requirePackages(): void {
  const missing = foreign.filter((target) => !existsSync(join(sysroot(target), "lib"))).map(aptPackage);
  const hasEmulators = Object.values(EMULATORS).every((name) => spawnSync(name, ["--version"]).status === 0);
  if (!hasEmulators) missing.unshift("qemu-user-static");
  if (missing.length > 0) fail(`programs are missing: apt-get install --no-install-recommends ${missing.join(" ")}`);
}

function requireBinaries(): void {
  const names = foreign.map(({ name }) => name);
  const missing = names.filter((name) => !existsSync(join(root, "prebuilds", name, "sockinfo.node")));
  if (missing.length > 0) fail(`binaries are missing: npm run build:prebuilds -- ${missing.join(" ")}`);
}

function run(target: LinuxTarget): void {
  const node = join(here, "node_modules", `node-${target.arch}`, "bin/node");
  const start = performance.now();
  const { status, signal, stdout, stderr } = spawnSync(
    EMULATORS[target.arch] as string,
    ["-L", sysroot(target), node, join(here, "guest.cjs"), target.arch, target.endianness],
    { encoding: "utf8", timeout: 120_000 },
  );
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  // A program that waits for an event that never comes also exits with 0.
  if (status === 0 && stdout.includes("peer credentials")) {
    console.log(`ok   ${target.name.padEnd(14)} ${stdout.trim()}, ${seconds} s`);
  } else {
    console.log(`FAIL ${target.name.padEnd(14)} ${signal ?? `exit ${status}`}\n${stdout}${stderr}`);
    process.exitCode = 1;
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
