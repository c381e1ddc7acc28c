// What the suite needs of this machine, and does not get by itself. Used by run.mts.
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { KEYS } from "./debian.mts";
import { binaryOf } from "./initramfs.mts";
import type { Kernel } from "./kernels.mts";
import { emulatorOf } from "./machine.mts";

/** Program → Debian's package. */
const PACKAGES: Readonly<Record<string, string>> = {
  "apt-get": "apt",
  "dpkg-deb": "dpkg",
  xz: "xz-utils",
  "qemu-system-x86_64": "qemu-system-x86",
  "qemu-system-aarch64": "qemu-system-arm",
  "qemu-system-s390x": "qemu-system-misc",
};

/** Each with the command that helps. */
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
  return names.length === 0 ? [] : [`first: ${command} ${[...new Set(names)].join(" ")}`];
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
