// isSupported and getUnsupportedReason: whether sockinfo works here, and why not.
import { loadAddon } from "./addon/load";
import type { NativeBinding } from "./addon/native-binding";
import { Failure, type SocketInfoError } from "./errors";
import { otherRuntime, refuseRuntime } from "./runtime";
import { whyNoStruct } from "./tcp-info/no-struct";

/**
 * Returns whether TCP_INFO can be read here. This needs Linux or macOS, Node or Deno, a native module that loads, and
 * a kernel and a sandbox that allow the call. Never throws. When it returns `false`, {@link getUnsupportedReason} says why.
 *
 * The first call opens a TCP socket, reads its TCP_INFO and closes it. Returns `false` on Bun, which hides the
 * descriptors of its HTTP servers' sockets.
 *
 * @example
 * if (!isSupported()) log.warn(getUnsupportedReason());
 */
export function isSupported(): boolean {
  return findObstacle() === undefined;
}

/**
 * The reason why {@link isSupported} returns `false`, as an error to log. Never throws.
 *
 * Its code is the one that other functions would throw: `ERR_SOCKINFO_UNSUPPORTED_PLATFORM`,
 * `ERR_SOCKINFO_UNSUPPORTED_RUNTIME`, `ERR_SOCKINFO_SYSTEM_CALL_DENIED` (a sandbox),
 * `ERR_SOCKINFO_UNSUPPORTED_KERNEL`, `ERR_SOCKINFO_OUT_OF_RESOURCES` (the next call tries again), or
 * `ERR_SOCKINFO_ADDON_LOAD_FAILED` (its message has the path of the native module and says what to do).
 *
 * @returns `undefined` when `isSupported` returns `true`.
 * @example
 * const reason = getUnsupportedReason();
 * if (reason?.code === "ERR_SOCKINFO_ADDON_LOAD_FAILED") throw reason;
 */
export function getUnsupportedReason(): SocketInfoError | undefined {
  return findObstacle()?.toError(getUnsupportedReason);
}

/** The native module, or why this process can't read sockets: its runtime, the platform, or the module itself. */
export function loadUsableAddon(): NativeBinding | Failure {
  const runtime = otherRuntime();
  return runtime === "Bun" ? refuseRuntime(runtime) : loadAddon();
}

function findObstacle(): Failure | undefined {
  const binding = loadUsableAddon();
  return binding instanceof Failure ? binding : findLastingDenial(binding);
}

/** The outcome of the first successful try. It is kept, because a sandbox stays for the life of the process. */
let denial: Failure | "none" | undefined;

function findLastingDenial(binding: NativeBinding): Failure | undefined {
  denial ??= tryNewSocket(binding);
  return denial === "none" ? undefined : denial;
}

/** Returns `undefined` if no socket could be opened, so that the next call tries again. */
function tryNewSocket(binding: NativeBinding): Failure | "none" | undefined {
  const fd = binding.openTcpSocket();
  if (fd < 0) return undefined;
  const length = binding.tcpInfo(fd);
  const failure = length < 0 ? whyNoStruct(binding, length, fd) : undefined;
  binding.closeDescriptor(fd);
  const isLasting =
    failure?.code === "ERR_SOCKINFO_SYSTEM_CALL_DENIED" || failure?.code === "ERR_SOCKINFO_UNSUPPORTED_KERNEL";
  return isLasting ? failure : "none";
}
