// The path of the binary. docs/loading.md explains it for bundles.
import { dirname, join } from "node:path";

export interface Place {
  readonly path: string;
  /** Whether this code runs from a bundle instead of the package. */
  readonly isBundled: boolean;
}

/**
 * The package has prebuilds/ next to dist/, a bundle has it next to itself. A bundle never looks outside its own
 * folder: the folder above may belong to another user, for example /tmp. `undefined` in a bundle that is an ES
 * module, which has no `__dirname`.
 */
export function findPlace(): Place | undefined {
  if (typeof __dirname === "undefined") return undefined;
  const file = join("prebuilds", `${process.platform}-${process.arch}`, "sockinfo.node");
  const isBundled = runsFromBundle();
  return { isBundled, path: isBundled ? join(__dirname, file) : join(__dirname, "..", file) };
}

/**
 * Node sets the file name of a CommonJS module. A bundler passes each module an object of its own, without a file
 * name. This looks at no file, because another user could have put it there.
 */
function runsFromBundle(): boolean {
  if (typeof module === "undefined") return true;
  const { filename } = module as { filename?: string };
  return filename === undefined || dirname(filename) !== __dirname;
}
