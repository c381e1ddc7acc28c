// Finds and loads the native module, once, at the first call that needs it. The only importer of the loader.
// native/addon.cc is the other side of NativeBinding.
import { join } from "node:path";
import { Failure } from "./errors";

/** Length of what the kernel wrote into `buffer`, or a negative error number. */
type LengthOrErrno = number;

/** What a native function takes: a descriptor, or a handle whose live `fd` it reads itself. */
export type Descriptor = number | { readonly fd: number };

/** The exports of native/addon.cc. */
export interface NativeBinding {
  /** Which system's layouts the bytes have. */
  readonly platform: "linux" | "darwin";
  /** AF_UNIX, as `peerFamily` and `localFamily` report it. */
  readonly unixFamily: number;
  /** The positive error numbers of this system. */
  readonly errno: Readonly<
    Record<"EINVAL" | "ENOTSOCK" | "ENOPROTOOPT" | "EOPNOTSUPP" | "ECONNRESET" | "ENOTCONN", number>
  >;
  /** What the readers fill. One per environment: its bytes are good until the next call. */
  readonly buffer: ArrayBuffer;
  tcpInfo(fd: Descriptor): LengthOrErrno;
  peerCredentials(fd: Descriptor): LengthOrErrno;
  /** A length over that of `buffer` says how much room `peerGroupsInto` needs; `buffer` then holds nothing. */
  peerGroups(fd: Descriptor): LengthOrErrno;
  peerGroupsInto(fd: Descriptor, target: Uint8Array): LengthOrErrno;
  peerPid(fd: Descriptor): LengthOrErrno;
  /** The address family of the other end; -ENOTCONN for a listener and for an unconnected socket. */
  peerFamily(fd: Descriptor): number;
  localFamily(fd: Descriptor): number;
}

let outcome: NativeBinding | Failure | undefined;

/** The native module, or why there is none. Neither throws nor tries twice. */
export function loadAddon(): NativeBinding | Failure {
  return (outcome ??= load());
}

function load(): NativeBinding | Failure {
  const host = `${process.platform}-${process.arch}`;
  if (process.platform !== "linux" && process.platform !== "darwin") {
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_PLATFORM", `this is ${host}`);
  }
  let binding: NativeBinding;
  try {
    // Required here, not above: importing sockinfo must never throw, not even where a bundler left the loader out.
    const nodeGypBuild: (packageRoot: string) => NativeBinding = require("node-gyp-build");
    binding = nodeGypBuild(join(__dirname, ".."));
  } catch (cause) {
    return Failure.of("ERR_SOCKINFO_ADDON_LOAD_FAILED", describeLoadError(cause, host), { cause });
  }
  if (binding.platform !== "linux" && binding.platform !== "darwin") {
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_PLATFORM", `this is ${host}`);
  }
  return binding;
}

function describeLoadError(cause: unknown, host: string): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ERR_DLOPEN_DISABLED") {
    return "native addons are switched off in this process. Start Node without --no-addons or, under the permission model, with --allow-addons";
  }
  if (code === "ERR_DLOPEN_FAILED") {
    return `the binary was found, but the system refused it (${message}). Reinstall sockinfo on the machine that runs it`;
  }
  return (
    `no binary for ${host} was found (${message}). Keep sockinfo out of bundles (mark it external), ` +
    "or build the binary from a checkout with `npm run build:native`"
  );
}
