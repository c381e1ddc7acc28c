// The versions of Node, Bun and Deno in this folder's package.json.
import { join } from "node:path";

const modules = join(import.meta.dirname, "node_modules");

export interface Version {
  readonly major: string;
  readonly name: string;
  /** The folder with `node`. */
  readonly bin: string;
}

export const NODES: readonly Version[] = ["22", "24", "26"].map((major) => ({
  major,
  name: `Node ${major}`,
  bin: join(modules, `node${major}`, "bin"),
}));

export const BUN: string = join(modules, "@oven/bun-linux-x64/bin/bun");
export const DENO: string = join(modules, "@deno/linux-x64-glibc/deno");

/** An environment in which `node` is this version. */
export function environmentOf({ bin }: Version, ...more: string[]): NodeJS.ProcessEnv {
  return { ...process.env, PATH: [bin, ...more, process.env["PATH"]].join(":") };
}
