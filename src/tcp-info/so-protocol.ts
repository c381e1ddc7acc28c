// Reads SO_PROTOCOL, which shows whether a socket is TCP or MPTCP. TCP_INFO does not show it, and describes only
// MPTCP's first path.
import type { NativeBinding } from "../addon/native-binding";
import type { Handle } from "../source/find-fd";
import { privateSlot } from "../source/private-slot";

const IPPROTO_TCP = 6;
const IPPROTO_MPTCP = 262;

/** Kept with the handle, not the socket: a `net.Socket` may connect again, but a handle has only one connection. */
const known = privateSlot<boolean>();

/**
 * Makes one system call for each connection, at its first reading. A descriptor number has no handle, so it costs a
 * system call each time.
 *
 * @returns `undefined` where the system denies the call, and on macOS. There, MPTCP has another kind of socket,
 * without TCP_CONNECTION_INFO.
 */
export function isMptcp(binding: NativeBinding, fd: number, handle: Handle | null | undefined): boolean | undefined {
  if (binding.platform !== "linux") return undefined;
  if (!handle) return readIsMptcp(binding, fd);
  return known.get(handle) ?? remember(handle, readIsMptcp(binding, fd));
}

/** `isMptcp` for the last reading of a connection: what it finds out is not kept. */
export function recallIsMptcp(
  binding: NativeBinding,
  fd: number,
  handle: Handle | null | undefined,
): boolean | undefined {
  if (binding.platform !== "linux") return undefined;
  return (handle ? known.get(handle) : undefined) ?? readIsMptcp(binding, fd);
}

/** Whether all connections that the listening socket accepts are TCP: an MPTCP listener accepts both. */
export function isTcpListener(binding: NativeBinding, fd: number): boolean {
  return binding.platform === "linux" && binding.protocol(fd) === IPPROTO_TCP;
}

function remember(handle: Handle, answer: boolean | undefined): boolean | undefined {
  if (answer !== undefined) known.set(handle, answer);
  return answer;
}

function readIsMptcp(binding: NativeBinding, fd: number): boolean | undefined {
  const protocol = binding.protocol(fd);
  return protocol < 0 ? undefined : protocol === IPPROTO_MPTCP;
}

/**
 * Finds out without TCP_INFO whether the descriptor is a TCP or MPTCP socket. A socket that may be TCP counts as one.
 *
 * @returns A negative error number if no system call about the descriptor succeeds.
 */
export function isTcpSocket(binding: NativeBinding, fd: number): boolean | number {
  const protocol = binding.protocol(fd);
  if (protocol >= 0) return protocol === IPPROTO_TCP || protocol === IPPROTO_MPTCP;
  // A sandbox may deny SO_PROTOCOL too, and macOS does not have it.
  const family = binding.localFamily(fd);
  if (family < 0) return family;
  // The sandbox may even deny SO_TYPE, which isStream() reads. Then the socket may be TCP.
  return family !== binding.unixFamily && binding.isStream(fd) !== 0;
}
