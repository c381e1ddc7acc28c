// Why the native module can't be loaded, and what to do about it. Used by load.ts; docs/loading.md has the long form.
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Failure } from "../errors";

/** A place where the binary was looked for, and what came of it. */
export interface Attempt {
  readonly path: string;
  readonly error: NodeJS.ErrnoException;
}

export function describeLoadFailure(attempts: readonly Attempt[]): Failure {
  const present = attempts.find(({ path }) => exists(path));
  const { error: cause } = present ?? attempts[0] ?? { error: undefined };
  const tried = attempts.map(({ path, error }) => `\n  tried ${path}: ${exists(path) ? error.message : "not there"}`);
  const message = whatToDo(cause, present !== undefined, attempts) + tried.join("");
  return Failure.of("ERR_SOCKINFO_ADDON_LOAD_FAILED", message, { cause });
}

function whatToDo(cause: NodeJS.ErrnoException | undefined, isPresent: boolean, attempts: readonly Attempt[]): string {
  if (cause?.code === "ERR_DLOPEN_DISABLED") {
    return (
      "native addons are switched off in this process. " +
      "Start Node without --no-addons; under the permission model, with --allow-addons"
    );
  }
  if (cause?.name === "NotCapable") return "Deno does not allow native addons here. Start it with --allow-ffi";
  if (isPresent) {
    return (
      "the binary can't be used. It is damaged, or is another system's: " +
      "install sockinfo anew, on the machine that runs it or for its platform"
    );
  }
  const host = `${process.platform}-${process.arch}`;
  const others = attempts.flatMap(({ path }) => platformsBeside(path));
  if (others.length > 0) {
    return (
      `sockinfo has no binary for ${host}, only for ${others.join(", ")}. ` +
      "Build one in a checkout with `npm ci`, and put the folder that it makes in prebuilds/ there as well"
    );
  }
  return (
    `the binary for ${host} is not where sockinfo runs. ` +
    "If a bundler put it there, mark sockinfo as external, or copy its prebuilds/ folder beside the bundle"
  );
}

/** The platforms whose binaries are in prebuilds/. Other packages' may be there, too, where everything was bundled. */
function platformsBeside(path: string): string[] {
  const prebuilds = dirname(dirname(path));
  try {
    return readdirSync(prebuilds).filter((platform) => existsSync(join(prebuilds, platform, basename(path))));
  } catch {
    return [];
  }
}

function exists(path: string): boolean {
  try {
    return existsSync(path);
  } catch {
    return false; // The permission model of Node 20 throws.
  }
}
