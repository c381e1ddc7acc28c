// Finds the path of the binary. docs/loading.md explains it for bundles.
import { dirname, join } from "node:path";

export interface Place {
  readonly path: string;
  /** Whether this code runs from a bundle instead of the package. */
  readonly isBundled: boolean;
}

/**
 * In the package, prebuilds/ is next to dist/. For a bundle, it is in the bundle's own folder, and no other folder is
 * searched: the folder above may belong to another user, for example /tmp. Returns `undefined` in a bundle that is an
 * ES module, which has no `__dirname`.
 */
export function findPlace(): Place | undefined {
  if (typeof __dirname === "undefined") return undefined;
  const file = join("prebuilds", `${process.platform}-${process.arch}`, "sockinfo.node");
  const isBundled = runsFromBundle();
  return { isBundled, path: isBundled ? join(__dirname, file) : join(__dirname, "..", file) };
}

/**
 * Node sets the file name of a CommonJS module. A bundler passes each module an object of the bundler's own, without a
 * file name. This function looks at no file, because another user could have put one there.
 */
function runsFromBundle(): boolean {
  if (typeof module === "undefined") return true;
  const { filename } = module as { filename?: string };
  return filename === undefined || dirname(filename) !== __dirname;
}
