// isSupported and getUnsupportedReason: whether there is any use in asking, and what is in the way.
import { loadAddon } from "./addon/load";
import type { NativeBinding } from "./addon/native-binding";
import { Failure, type SocketInfoError } from "./errors";
import { hidingRuntime, refuseRuntime } from "./runtime";
import { whyNoStruct } from "./tcp-info/no-struct";

/**
 * Whether this platform and runtime can answer: Linux or macOS, Node, a native module that loads, and a kernel and a
 * sandbox that let TCP_INFO be read. Never throws. Where it is `false`, {@link getUnsupportedReason} explains.
 *
 * The first call asks the kernel about a TCP socket of its own, which it closes at once. Bun and Deno count as not
 * supported: both hide the descriptors of their HTTP servers' sockets.
 *
 * @example
 * if (!isSupported()) log.warn(getUnsupportedReason());
 */
export function isSupported(): boolean {
  return findObstacle() === undefined;
}

/**
 * Why {@link isSupported} is `false`, as an error to log, with the code that the other functions would throw:
 * `ERR_SOCKINFO_UNSUPPORTED_PLATFORM`, `ERR_SOCKINFO_UNSUPPORTED_RUNTIME`, `ERR_SOCKINFO_SYSTEM_CALL_DENIED` (a
 * sandbox), `ERR_SOCKINFO_UNSUPPORTED_KERNEL`, or `ERR_SOCKINFO_ADDON_LOAD_FAILED`, whose message lists where the
 * native module was looked for and says what to do. Never throws.
 *
 * @returns `undefined` where sockinfo is supported.
 */
export function getUnsupportedReason(): SocketInfoError | undefined {
  return findObstacle()?.toError(getUnsupportedReason);
}

/** The native module, or why no socket can be read here: the runtime, the platform, or the module itself. */
export function loadUsableAddon(): NativeBinding | Failure {
  const runtime = hidingRuntime();
  return runtime ? refuseRuntime(runtime) : loadAddon();
}

/** Why TCP_INFO can't be read here. */
function findObstacle(): Failure | undefined {
  const binding = loadUsableAddon();
  return binding instanceof Failure ? binding : findDenial(binding);
}

/** Cached: a sandbox stays for the life of the process. */
let denial: Failure | "none" | undefined;

function findDenial(binding: NativeBinding): Failure | undefined {
  denial ??= askNewSocket(binding);
  return denial === "none" ? undefined : denial;
}

/** `undefined` if no socket could be opened: then nothing is known. The next call tries again. */
function askNewSocket(binding: NativeBinding): Failure | "none" | undefined {
  const fd = binding.openTcpSocket();
  if (fd < 0) return undefined;
  const length = binding.tcpInfo(fd);
  const failure = length < 0 ? whyNoStruct(binding, length, fd) : undefined;
  binding.closeDescriptor(fd);
  const isLasting =
    failure?.code === "ERR_SOCKINFO_SYSTEM_CALL_DENIED" || failure?.code === "ERR_SOCKINFO_UNSUPPORTED_KERNEL";
  return isLasting ? failure : "none";
}
