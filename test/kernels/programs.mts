// Gets the programs that run in a guest: Debian's, and a Node. Used by initramfs.mts.
import { statSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { cachedFolder, run } from "./cache.mts";
import { withPackages, type Arch } from "./debian.mts";

/** The guest's shell, what tests start, and the library of Node. */
const PROGRAMS = ["busybox-static", "iproute2", "openssl", "util-linux", "libstdc++6"];

/** A folder with them and all that they need, laid out as the root of a system. */
export function debianPrograms(arch: Arch): Promise<string> {
  return cachedFolder(`programs-${arch}`, (folder) =>
    withPackages(
      { suite: "bookworm", arch },
      PROGRAMS,
      () => true,
      async (root) => {
        await rm(join(root, "usr/share"), { recursive: true });
        await cp(root, folder, { recursive: true, verbatimSymlinks: true });
      },
    ),
  );
}

/** Node for that architecture, one of the packages in package.json beside this file. */
export async function nodeProgram(arch: Arch): Promise<string> {
  installation ??= installNodes();
  await installation;
  return join(import.meta.dirname, "node_modules", `node-${arch}`, "bin/node");
}

let installation: Promise<void> | undefined;

async function installNodes(): Promise<void> {
  const installed = join(import.meta.dirname, "node_modules/.package-lock.json");
  if (modified(installed) >= modified(join(import.meta.dirname, "package-lock.json"))) return;
  // By force: npm refuses packages for other processors than ours.
  await run("npm", ["ci", "--force", "--ignore-scripts"], { cwd: import.meta.dirname });
}

function modified(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
