// The one place where the binary may be. docs/loading.md has the long form for bundles.
import { dirname, join } from "node:path";

export interface Place {
  readonly path: string;
  /** Whether this code runs from a bundle, and not from the package. */
  readonly isBundled: boolean;
}

/**
 * In the package beside dist/, in a bundle beside the bundle. A bundle never looks outside of its own folder: the folder above may
 * belong to another user, for example /tmp. `undefined` in a bundle that is an ES module, which has no `__dirname`.
 */
export function findPlace(): Place | undefined {
  if (typeof __dirname === "undefined") return undefined;
  const file = join("prebuilds", `${process.platform}-${process.arch}`, "sockinfo.node");
  const isBundled = runsFromBundle();
  return { isBundled, path: isBundled ? join(__dirname, file) : join(__dirname, "..", file) };
}

/**
 * Node gives a CommonJS module its file name. A bundler passes each module an object of its own, which has none. No file is
 * asked: another user could have put it there.
 */
function runsFromBundle(): boolean {
  if (typeof module === "undefined") return true;
  const { filename } = module as { filename?: string };
  return filename === undefined || dirname(filename) !== __dirname;
}
