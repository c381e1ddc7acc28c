// Downloads a kernel and the modules that the tests need.
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { cachedFolder, run } from "./cache.mts";
import { withPackages } from "./debian.mts";
import type { Kernel } from "./kernels.mts";

/** Some kernels have them built in. `ss` needs tcp_diag, test:diagnosis the others. */
const MODULES = ["ipv6", "tcp_diag", "tun", "tcp_bbr"];

/** A folder with the file `kernel` and the folder `modules`. The names of modules sort in the order to load them. */
export function kernelFiles({ suite, arch, package: metapackage }: Kernel): Promise<string> {
  // A metapackage depends on the one or several packages of the kernel, and on packages that are not needed here.
  const isKernel = (found: string) => /^linux-(image|binary|modules)-\d/.test(found);
  return cachedFolder(`${metapackage}-${suite}-${MODULES.join("-")}`, (folder) =>
    withPackages({ suite, arch }, [metapackage], isKernel, async (root) => {
      const paths = (await readdir(root, { recursive: true })).map((path) => join(root, path));
      const kernel = paths.find((path) => /\/vmlinu[xz](-[^/]*)?$/.test(path));
      if (kernel === undefined) throw new Error(`no kernel in ${metapackage} of ${suite}`);
      await copyFile(kernel, join(folder, "kernel"));
      await copyModules(
        paths.filter((path) => /\.ko(\.xz)?$/.test(path)),
        join(folder, "modules"),
      );
    }),
  );
}

async function copyModules(paths: readonly string[], folder: string): Promise<void> {
  const nameOf = (path: string) =>
    basename(path)
      .replace(/\.ko.*/, "")
      .replaceAll("-", "_");
  const files = new Map(paths.map((path) => [nameOf(path), path]));
  const copied = new Set<string>();
  const copy = async (module: string): Promise<void> => {
    const name = nameOf(module);
    const path = files.get(name);
    if (path === undefined || copied.has(name)) return;
    if (path.endsWith(".xz")) await run("xz", ["--decompress", path]);
    const content = await readFile(path.replace(/\.xz$/, ""));
    const needed = /\0depends=([^\0]*)/.exec(content.toString("latin1"))?.[1] ?? "";
    for (const other of needed.split(",")) await copy(other);
    copied.add(name);
    await writeFile(join(folder, `${copied.size}-${name}.ko`), content);
  };
  await mkdir(folder);
  for (const module of MODULES) await copy(module);
}
