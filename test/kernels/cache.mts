// The suite's downloads, by name. Delete the folder to download the current versions.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const CACHE = join(import.meta.dirname, "..", "..", ".cache", "kernels");

export const run = promisify(execFile);

const folders = new Map<string, Promise<string>>();

/** Returns the folder `name`. If it does not exist, `fill` makes its contents, once for all concurrent calls. */
export function cachedFolder(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = folders.get(name) ?? makeFolder(join(CACHE, name), fill);
  folders.set(name, folder);
  return folder;
}

async function makeFolder(folder: string, fill: (folder: string) => Promise<void>): Promise<string> {
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  await fill(unfinished);
  await rename(unfinished, folder);
  return folder;
}
