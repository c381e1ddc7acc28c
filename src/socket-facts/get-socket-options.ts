// getSocketOptions and tryGetSocketOptions: source → fd → one native call for all options → decoded properties.
import { loadAddon } from "../addon/load";
import { Failure } from "../errors";
import { findFd } from "../source/find-fd";
import { closingLentFds } from "../source/lent-fd";
import type { SocketSource } from "../source/types";
import { whyNoAnswer } from "../tcp-info/no-struct";
import { decodeSocketOptions, firstAnswer } from "./decode-options";
import type { SocketOptions } from "./options-types";

/**
 * `getsockopt(fd, …)` of fourteen options, and `getsockname(fd)`. native/socket_options.h lists them.
 *
 * Returns the options of the socket that matter when a connection is slow, dead or misrouted: buffers, keep-alive,
 * timeouts, limits, marks. Times are in milliseconds and rates in bytes per second. A property is `undefined` where the
 * option is not set, where the system or kernel lacks it, and where a sandbox denies it.
 *
 * Never reads the options of kernel TLS, because these return keys.
 *
 * @param source - What `getTcpInfo` takes. A listening socket, `getFd(server)`, has the options that connections will
 * begin with.
 * @throws {SocketInfoError} `ERR_SOCKINFO_NO_SOCKET`, `…_SOCKET_CLOSED`, `…_NOT_TCP`, `…_NOT_CONNECTED` (the socket
 * has no descriptor yet), `…_OUT_OF_RESOURCES`, `…_INVALID_ARGUMENT`, `…_UNSUPPORTED_PLATFORM`,
 * `…_UNSUPPORTED_RUNTIME`, `…_SYSTEM_CALL_DENIED` (a sandbox), `…_ADDON_LOAD_FAILED`.
 * @example
 * const { keepAlive, keepAliveIdleMs, userTimeoutMs } = getSocketOptions(req);
 * @see tcp(7), socket(7), ip(7), ipv6(7)
 */
export function getSocketOptions(source: SocketSource): SocketOptions {
  const options = readSocketOptions(source);
  if (options instanceof Failure) throw options.toError(getSocketOptions);
  return options;
}

/**
 * {@link getSocketOptions} for code that can go on without a result. Returns `undefined` when nothing can be read for a
 * reason outside the caller's control: no socket, closed, not TCP, no descriptor yet, or a platform, runtime or sandbox
 * that does not allow it.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_ADDON_LOAD_FAILED`, or a system error.
 * @example
 * log.info({ socket: tryGetSocketOptions(req)?.cookie });
 */
export function tryGetSocketOptions(source: SocketSource): SocketOptions | undefined {
  const options = readSocketOptions(source);
  return options instanceof Failure ? options.toUndefined(tryGetSocketOptions) : options;
}

/** The native module's buffer, in words of 32 bits. */
let words: Uint32Array | undefined;

const readSocketOptions = closingLentFds((source: unknown): SocketOptions | Failure => {
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  const fd = findFd(source);
  if (typeof fd !== "number") return fd;
  const length = binding.socketOptions(fd);
  if (length < 0) return Failure.ofRead(length, "getsockopt");
  words ??= new Uint32Array(binding.buffer);
  const first = firstAnswer(words);
  if (first < 0) {
    const failure = whyNoAnswer(binding, first, fd, "TCP_KEEPIDLE");
    // Older kernels lack this one option of MPTCP.
    if (failure.code !== "ERR_SOCKINFO_UNSUPPORTED_KERNEL") return failure;
  }
  return decodeSocketOptions(words, binding.platform === "linux" ? 1 : 1000);
});
