// Finds and loads the native module, once, at the first call that needs it: importing sockinfo never throws. The only
// importer of the binary; failure.ts says what was in the way.
import { join } from "node:path";
import { Failure } from "../errors";
import { type Attempt, describeLoadFailure } from "./failure";
import { isCutShort } from "./is-cut-short";
import type { NativeBinding } from "./native-binding";

let outcome: NativeBinding | Failure | undefined;

/** The native module, or why there is none. Neither throws nor tries twice. */
export function loadAddon(): NativeBinding | Failure {
  return (outcome ??= load());
}

function load(): NativeBinding | Failure {
  if (process.platform !== "linux" && process.platform !== "darwin") {
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_PLATFORM", `this is ${process.platform}-${process.arch}`);
  }
  const attempts: Attempt[] = [];
  for (const path of candidates()) {
    const loaded = { exports: {} };
    try {
      if (isCutShort(path)) throw new Error(`${path}: file too short`);
      // Not require(): bundlers rewrite that, and inside a single-executable application it knows no files.
      process.dlopen(loaded, path);
      return loaded.exports as NativeBinding;
    } catch (error) {
      attempts.push({ path, error: error as NodeJS.ErrnoException });
    }
  }
  return describeLoadFailure(attempts);
}

/** Where the binary may be: in the package; and beside the file that sockinfo was bundled into. */
function candidates(): string[] {
  // A bundle that is an ES module has none.
  if (typeof __dirname === "undefined") return [];
  const file = join("prebuilds", `${process.platform}-${process.arch}`, "sockinfo.node");
  return [join(__dirname, "..", file), join(__dirname, file)];
}
