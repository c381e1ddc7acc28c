// Builds the file system of a guest. It is in memory and contains everything that the guest has: Debian's programs, a
// Node, the installed package, the bundled tests or what else a suite runs. No folder of the host is mounted.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BundledFile } from "./bundle-tests.mts";
import { CpioArchive } from "./cpio.mts";
import type { Kernel } from "./kernels.mts";
import { debianPrograms, nodeProgram } from "./programs.mts";

const root = join(import.meta.dirname, "..", "..");

const binaryPath = ({ arch }: Kernel) => `prebuilds/linux-${arch}/sockinfo.node`;

export const binaryOf = (kernel: Kernel): string => join(root, binaryPath(kernel));

export async function packInitramfs(
  kernel: Kernel,
  modules: string,
  files: readonly BundledFile[],
): Promise<readonly Uint8Array[]> {
  const archive = new CpioArchive();
  const programs = await debianPrograms(kernel.arch);
  for (const name of readdirSync(programs)) archive.addCopy(name, join(programs, name));
  archive.addCopy("usr/bin/node", nodeProgram(kernel.arch));
  archive.addCopy("modules", modules);
  for (const folder of ["proc", "sys", "dev", "tmp", "busybox"]) archive.addFolder(folder);
  archive.addFile("etc/passwd", "root:x:0:0:root:/tmp:/bin/sh\n");
  archive.addFile("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n");
  archive.addFile("init", readFileSync(join(import.meta.dirname, "guest/init.sh")), 0o755);

  for (const path of ["package.json", "dist", "docs", binaryPath(kernel)])
    archive.addCopy(`sockinfo/${path}`, join(root, path));
  for (const { path, contents, runs } of files) archive.addFile(`sockinfo/${path}`, contents, runs ? 0o755 : 0o644);
  return archive.finish();
}
