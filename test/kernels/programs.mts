// Downloads the programs that run in a guest: Debian's, and a Node.
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { installLocked } from "../helpers/install-locked";
import { cachedFolder } from "./cache.mts";
import { withPackages, type Arch } from "./debian.mts";

/** The guest's shell, the programs that tests start, and Node's library. */
const PROGRAMS = ["busybox-static", "iproute2", "openssl", "util-linux", "libstdc++6"];

/** A folder with the programs and their dependencies, laid out as the root of a system. */
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

const packages = join(import.meta.dirname, "packages");

/** Node for the architecture. */
export function nodeProgram(arch: Arch): string {
  installLocked(packages, "--force");
  return join(packages, "node_modules", `node-${arch}`, "bin/node");
}
