// Why the native module can't be loaded, and what to do about it. Used by load.ts; docs/loading.md has the long form.
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Failure } from "../errors";

/** A place where the binary was looked for, and what came of it. */
export interface Attempt {
  readonly path: string;
  readonly error: NodeJS.ErrnoException;
}

const MISSING = new Set(["ENOENT", "ENOTDIR"]);
const SHORTAGE = new Set(["EMFILE", "ENFILE", "ENOMEM"]);

const isMissing = ({ code = "" }: NodeJS.ErrnoException) => MISSING.has(code);

export function describeLoadFailure(attempts: readonly Attempt[]): Failure {
  // What is wrong with a file that is there says more than that another one is not.
  const { error: cause } = attempts.find(({ error }) => !isMissing(error)) ?? attempts[0] ?? { error: undefined };
  const tried = attempts.map(
    ({ path, error }) => `\n  tried ${path}: ${isMissing(error) ? "not there" : error.message}`,
  );
  return Failure.of("ERR_SOCKINFO_ADDON_LOAD_FAILED", whatToDo(cause, attempts) + tried.join(""), { cause });
}

/** Whether another try may go better: the process or the system had no descriptors or no memory left. */
export function isPassing({ cause }: Failure): boolean {
  return SHORTAGE.has((cause as NodeJS.ErrnoException | undefined)?.code ?? "");
}

function whatToDo(cause: NodeJS.ErrnoException | undefined, attempts: readonly Attempt[]): string {
  if (cause === undefined) {
    return (
      "it was bundled into an ES module, which does not know where it lies. " +
      "Mark sockinfo as external, or give the bundle __dirname by a banner"
    );
  }
  const { code = "", name, message } = cause;
  if (code === "ERR_DLOPEN_DISABLED") {
    return (
      "native addons are switched off in this process. " +
      "Start Node without --no-addons; under the permission model, with --allow-addons"
    );
  }
  if (name === "NotCapable") return "Deno does not allow native addons here. Start it with --allow-ffi";
  if (SHORTAGE.has(code)) return "there are no descriptors or there is no memory left. The next call tries again";
  if (code === "EACCES" || code === "EPERM") return "this user may not read the binary. Mend its permissions";
  if (isMissing(cause)) return whereItMayBe(attempts);
  if (/failed to map|not permitted/.test(message)) {
    return "the system forbids to run code of that file system (noexec), or a security policy does. Install it elsewhere";
  }
  return "the binary can't be used. It is damaged, or another system's: install sockinfo anew";
}

function whereItMayBe(attempts: readonly Attempt[]): string {
  const host = `${process.platform}-${process.arch}`;
  const others = attempts.flatMap(({ path }) => platformsBeside(path));
  if (others.length > 0) {
    return (
      `this copy of sockinfo has no binary for ${host}, only for ${others.join(", ")}. Was it copied in part, install sockinfo anew. ` +
      `If none is published for ${host}, build it: docs/loading.md`
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
