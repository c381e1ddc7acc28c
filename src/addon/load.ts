// Loads the native module, once, at the first call that needs it: importing sockinfo never throws. The only importer of the
// binary; place.ts finds it, failure.ts says what was in the way.
import { Failure } from "../errors";
import { checkFile } from "./check-file";
import { describeLoadFailure, describeUnknownPlace, isPassing } from "./failure";
import type { NativeBinding } from "./native-binding";
import { findPlace } from "./place";

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
  const place = findPlace();
  if (place === undefined) return describeUnknownPlace();
  try {
    return loadFrom(place.path);
  } catch (error) {
    return describeLoadFailure(place, error as NodeJS.ErrnoException);
  }
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
