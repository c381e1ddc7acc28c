// Loads the native module once, at the first call that needs it, so that importing sockinfo never throws.
import { Failure } from "../errors";
import { checkFile } from "./check-file";
import { describeLoadFailure, describeUnknownPlace, isTemporary } from "./failure";
import type { NativeBinding } from "./native-binding";
import { findPlace } from "./place";

let outcome: NativeBinding | Failure | undefined;

/** The native module, or why it can't be loaded. Never throws. Tries again only after a temporary failure. */
export function loadAddon(): NativeBinding | Failure {
  return outcome ?? load();
}

function load(): NativeBinding | Failure {
  const result = tryToLoad();
  if (!(result instanceof Failure && isTemporary(result))) outcome = result;
  return result;
}

function tryToLoad(): NativeBinding | Failure {
  if (process.platform !== "linux" && process.platform !== "darwin") {
    return Failure.of(
      "ERR_SOCKINFO_UNSUPPORTED_PLATFORM",
      `sockinfo reads sockets on Linux and macOS only. This is ${process.platform}-${process.arch}`,
    );
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
  // require() would not do: bundlers rewrite it, and in a single-executable application it finds no files.
  process.dlopen(loaded, path);
  // Looks for the newest function, because the binary of an earlier release lacks it.
  const { platform, unixPeer: newest } = loaded.exports;
  if (platform !== process.platform || newest === undefined) throw new Error(`${path}: not the binary of sockinfo`);
  // A copy, because V8 looks up the properties of the native module's own object slowly, in a hash table.
  return { ...(loaded.exports as NativeBinding) };
}
