// Mounts file systems of other kinds for one test. Every user can reach their folders.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { socketPath } from "../../helpers/servers";

export interface Mount {
  /** A path for a socket on it. */
  readonly path: string;
  /** The folder below the mount, which shows the files as they are. */
  readonly truth: string;
}

/** bindfs shows the files of another folder, changed by these options. */
export function mountBindfs(...options: string[]): Mount {
  return mount(({ truth, folder }) => execFileSync("bindfs", [...options, truth, folder]));
}

export function mountTmpfs(): Mount {
  return mount(({ folder }) => execFileSync("mount", ["-t", "tmpfs", "-o", "mode=755", "none", folder]));
}

/** The upper folder must not be on overlay itself, which the folder of a container may be. So it is on tmpfs. */
export function mountOverlay(): Mount {
  const { path } = mountTmpfs();
  const layers = ["lower", "upper", "work"].map((name) => join(dirname(path), name));
  for (const layer of layers) mkdirSync(layer);
  const options = ["lowerdir", "upperdir", "workdir"].map((name, index) => `${name}=${layers[index]}`).join(",");
  return mount(({ folder }) => execFileSync("mount", ["-t", "overlay", "-o", options, "none", folder]));
}

function mount(run: (folders: { truth: string; folder: string }) => unknown): Mount {
  const root = dirname(socketPath());
  const [truth, folder] = [join(root, "truth"), join(root, "mounted")];
  for (const each of [truth, folder]) {
    mkdirSync(each);
    chmodSync(each, 0o755);
  }
  run({ truth, folder });
  onTestFinished(() => void execFileSync("umount", ["--lazy", folder]));
  return { path: join(folder, "socket"), truth };
}
