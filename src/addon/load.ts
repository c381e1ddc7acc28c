// Finds and loads the native module, once, at the first call that needs it: importing sockinfo never throws. The only
// importer of the binary; failure.ts says what was in the way.
import { join } from "node:path";
import { Failure } from "../errors";
import { checkFile } from "./check-file";
import { type Attempt, describeLoadFailure, isPassing } from "./failure";
import type { NativeBinding } from "./native-binding";

let outcome: NativeBinding | Failure | undefined;

/** The native module, or why there is none. Never throws. Tries again only after what may pass, as when descriptors ran out. */
export function loadAddon(): NativeBinding | Failure {
  return outcome ?? load();
}

function load(): NativeBinding | Failure {
  const result = tryToLoad();
  if (!(result instanceof Failure && isPassing(result))) outcome = result;
  return result;
}

function tryToLoad(): NativeBinding | Failure {
  if (process.platform !== "linux" && process.platform !== "darwin") {
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_PLATFORM", `this is ${process.platform}-${process.arch}`);
  }
  const attempts: Attempt[] = [];
  for (const path of candidates()) {
    try {
      return loadFrom(path);
    } catch (error) {
      attempts.push({ path, error: error as NodeJS.ErrnoException });
    }
  }
  return describeLoadFailure(attempts);
}

/** Where the binary may be: beside the file that sockinfo was bundled into; and in the package. */
function candidates(): string[] {
  // A bundle that is an ES module has none.
  if (typeof __dirname === "undefined") return [];
  const file = join("prebuilds", `${process.platform}-${process.arch}`, "sockinfo.node");
  return [join(__dirname, file), join(__dirname, "..", file)];
}

function loadFrom(path: string): NativeBinding {
  checkFile(path);
  const loaded: { exports: Partial<NativeBinding> } = { exports: {} };
  // Not require(): bundlers rewrite that, and inside a single-executable application it knows no files.
  process.dlopen(loaded, path);
  // The youngest of the functions: the binary of an earlier release does not have it.
  const { platform, openTcpSocket: youngest } = loaded.exports;
  if (platform !== process.platform || youngest === undefined) throw new Error(`${path}: not the binary of sockinfo`);
  return loaded.exports as NativeBinding;
}
