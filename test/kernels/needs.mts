// Checks for what the suite needs on this machine and can't download itself.
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { KEYS } from "./debian.mts";
import { binaryOf } from "./initramfs.mts";
import type { Kernel } from "./kernels.mts";
import { emulatorOf } from "./machine.mts";

/** Debian's package for each program. */
const PACKAGES: Readonly<Record<string, string>> = {
  "apt-get": "apt",
  "dpkg-deb": "dpkg",
  xz: "xz-utils",
  "qemu-system-x86_64": "qemu-system-x86",
  "qemu-system-aarch64": "qemu-system-arm",
  "qemu-system-s390x": "qemu-system-misc",
};

/** A sentence for each missing thing, with the command that installs it. */
export function findMissing(kernels: readonly Kernel[]): string[] {
  const programs = ["apt-get", "dpkg-deb", "xz", ...kernels.map((kernel) => emulatorOf(kernel))];
  const packages = programs.filter((program) => !isInstalled(program)).map((program) => PACKAGES[program] as string);
  if (!existsSync(KEYS)) packages.push("debian-archive-keyring");
  const unbuilt = kernels.filter((kernel) => !existsSync(binaryOf(kernel))).map(({ arch }) => `linux-${arch}`);
  return [
    ...remedy("apt-get install --no-install-recommends", packages),
    ...remedy("npm run build:prebuilds --", unbuilt),
  ];
}

function remedy(command: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`run first: ${command} ${[...new Set(names)].join(" ")}`];
}

function isInstalled(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
