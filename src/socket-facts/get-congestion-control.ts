// getCongestionControl and tryGetCongestionControl: source → fd → the algorithm's name, and BBR's state.
import { loadAddon } from "../addon/load";
import type { NativeBinding } from "../addon/native-binding";
import { Failure } from "../errors";
import { findFd } from "../source/find-fd";
import { closingLentFds } from "../source/lent-fd";
import type { SocketSource } from "../source/types";
import { whyNoAnswer } from "../tcp-info/no-struct";
import { structViews, type StructViews } from "../tcp-info/struct-views";
import { decodeBbr } from "./bbr";
import type { CongestionControl } from "./congestion-types";

/**
 * `getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION)`, and for BBR `getsockopt(fd, IPPROTO_TCP, TCP_CC_INFO)`. Linux only.
 *
 * Returns the name of the algorithm that controls how fast the connection sends, and BBR's state in `bbr`. The
 * properties of `bbr` have bytes per second, milliseconds and factors. `bbr` is `undefined` for other algorithms, for
 * a version of BBR that sockinfo does not know, and for listening and connecting sockets. Costs one system call, and
 * two for BBR.
 *
 * A connection keeps the algorithm that it began with, even if net.ipv4.tcp_congestion_control changes.
 *
 * @param source - What `getTcpInfo` takes. A listening socket, `getFd(server)`, has the algorithm that connections
 * will begin with.
 * @throws {SocketInfoError} `ERR_SOCKINFO_NO_SOCKET`, `…_SOCKET_CLOSED`, `…_NOT_TCP`, `…_NOT_CONNECTED` (the socket
 * has no descriptor yet), `…_OUT_OF_RESOURCES`, `…_INVALID_ARGUMENT`, `…_UNSUPPORTED_PLATFORM` (macOS, too),
 * `…_UNSUPPORTED_RUNTIME`, `…_UNSUPPORTED_KERNEL`, `…_SYSTEM_CALL_DENIED` (a sandbox), `…_ADDON_LOAD_FAILED`.
 * @example
 * const { name, bbr } = getCongestionControl(req);
 * console.log(name, bbr?.bandwidthBytesPerSecond);
 * @see tcp(7)
 */
export function getCongestionControl(source: SocketSource): CongestionControl {
  const control = readCongestionControl(source);
  if (control instanceof Failure) throw control.toError(getCongestionControl);
  return control;
}

/**
 * {@link getCongestionControl} for code that can go on without a result. Returns `undefined` when nothing can be read
 * for a reason outside the caller's control: no socket, closed, not TCP, no descriptor yet, or a platform, runtime,
 * kernel or sandbox without TCP_CONGESTION.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_ADDON_LOAD_FAILED`, or a system error.
 * @example
 * log.info({ congestionControl: tryGetCongestionControl(req)?.name });
 */
export function tryGetCongestionControl(source: SocketSource): CongestionControl | undefined {
  const control = readCongestionControl(source);
  return control instanceof Failure ? control.toUndefined(tryGetCongestionControl) : control;
}

const readCongestionControl = closingLentFds((source: unknown): CongestionControl | Failure => {
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  const fd = findFd(source);
  if (typeof fd !== "number") return fd;
  if (binding.platform !== "linux") return ONLY_ON_LINUX;
  const length = binding.congestionName(fd);
  if (length < 0) return whyNoAnswer(binding, length, fd, "TCP_CONGESTION");
  nameViews = viewsOf(binding, length, nameViews);
  const name = nameOf(nameViews);
  if (name === undefined) return WITHOUT_NAME;
  return { name, bbr: name === "bbr" ? readBbr(binding, fd) : undefined };
});

const ONLY_ON_LINUX = Failure.of(
  "ERR_SOCKINFO_UNSUPPORTED_PLATFORM",
  "the congestion control of a socket is reported on Linux only",
);
const WITHOUT_NAME = Failure.of("ERR_SOCKINFO_UNSUPPORTED_KERNEL", "its TCP_CONGESTION lacks the name");

/** The name that was read last. Kept, because most connections share it and decoding it takes long. */
let known: { readonly words: Uint32Array; readonly name: string } | undefined;

function nameOf(views: StructViews): string | undefined {
  if (known !== undefined && isSame(views.u32, known.words)) return known.name;
  const name = decodeName(views);
  if (name !== undefined) known = { words: views.u32.slice(), name };
  return name;
}

function isSame(a: Uint32Array, b: Uint32Array): boolean {
  // Both have four words on Linux. Fewer words than that are never the same.
  return a.length === 4 && a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3];
}

/** Linux ends the name with a 0. An emulator (qemu's user mode) cuts it off without one. */
function decodeName({ u8 }: StructViews): string | undefined {
  const end = u8.indexOf(0);
  return end > 0 ? String.fromCharCode(...u8.subarray(0, end)) : undefined;
}

/** A kernel that does not report the state returns no bytes or an error, and then the name is all there is. */
function readBbr(binding: NativeBinding, fd: number): CongestionControl["bbr"] {
  const length = binding.congestionInfo(fd);
  if (length < 0) return undefined;
  infoViews = viewsOf(binding, length, infoViews);
  return decodeBbr(infoViews);
}

// Views of the native module's buffer, as long as each answer. Kept, because these lengths stay the same.
let nameViews: StructViews | undefined;
let infoViews: StructViews | undefined;

function viewsOf({ buffer }: NativeBinding, length: number, kept: StructViews | undefined): StructViews {
  return kept?.length === length ? kept : structViews(buffer, length);
}
