// Says why the native module can't be loaded, and what to do. docs/loading.md explains each message.
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Failure, isShortage } from "../errors";
import { remedyForMacPolicy } from "./mac-policy";
import type { Place } from "./place";

const MISSING = new Set(["ENOENT", "ENOTDIR"]);

const isMissing = ({ code = "" }: NodeJS.ErrnoException) => MISSING.has(code);

export function describeLoadFailure(place: Place, cause: NodeJS.ErrnoException): Failure {
  if (isShortage(cause.code)) {
    const detail = "the native module can't be loaded now. The next call tries again";
    return Failure.of("ERR_SOCKINFO_OUT_OF_RESOURCES", detail, { cause });
  }
  const tried = `\n  tried ${place.path}: ${isMissing(cause) ? "no such file" : cause.message}`;
  return Failure.of("ERR_SOCKINFO_ADDON_LOAD_FAILED", advise(cause, place) + tried, { cause });
}

export function describeUnknownPlace(): Failure {
  return Failure.of(
    "ERR_SOCKINFO_ADDON_LOAD_FAILED",
    "it was bundled into an ES module, which has no __dirname. " +
      "Mark sockinfo as external, or define __dirname in a banner of the bundle",
  );
}

/** True if the process or the system was out of descriptors or memory, so another try may succeed. */
export function isTemporary({ code }: Failure): boolean {
  return code === "ERR_SOCKINFO_OUT_OF_RESOURCES";
}

function advise(cause: NodeJS.ErrnoException, place: Place): string {
  const { code = "", name, message } = cause;
  if (code === "ERR_DLOPEN_DISABLED") {
    return (
      "native addons are switched off in this process. " +
      "Start Node without --no-addons; under the permission model, with --allow-addons"
    );
  }
  if (name === "NotCapable") return "Deno does not allow native addons here. Start it with --allow-ffi";
  if (code === "EACCES" || code === "EPERM") return "this user may not read the binary. Change its permissions";
  if (isMissing(cause)) return adviseOnMissing(place);
  const policy = process.platform === "darwin" ? remedyForMacPolicy(message) : undefined;
  if (policy !== undefined) return policy;
  if (/failed to map|not permitted/.test(message)) {
    return (
      "the system forbids running code from that file system (noexec), or a security policy does. " +
      "Install sockinfo elsewhere"
    );
  }
  return "the binary can't be used. It is damaged or for another system: install sockinfo again";
}

function adviseOnMissing({ path, isBundled }: Place): string {
  const host = `${process.platform}-${process.arch}`;
  const others = platformsNextTo(path);
  const only = others.length > 0 ? `, only for ${others.join(", ")}` : "";
  if (isBundled && only === "") {
    return (
      `the binary for ${host} is not next to the bundle that contains sockinfo. ` +
      "Mark sockinfo as external, or copy its prebuilds/ folder into the bundle's folder"
    );
  }
  return (
    `this copy of sockinfo has no binary for ${host}${only}. If files are missing, install sockinfo again. ` +
    `If none is published for ${host}, build it as docs/loading.md says`
  );
}

/**
 * The platforms that have a binary of sockinfo in the same prebuilds/. Bundlers may put other packages' binaries there
 * too.
 */
function platformsNextTo(path: string): string[] {
  const prebuilds = dirname(dirname(path));
  try {
    return readdirSync(prebuilds).filter((platform) => existsSync(join(prebuilds, platform, basename(path))));
  } catch {
    return [];
  }
}
