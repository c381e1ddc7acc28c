// SO_PROTOCOL: whether a connection is of MPTCP. TCP_INFO does not say it, and answers for the first of its paths
// alone.
import type { NativeBinding } from "../addon/native-binding";
import type { Handle } from "../source/find-fd";

export const IPPROTO_TCP = 6;
export const IPPROTO_MPTCP = 262;

/** By handle, not by socket: a `net.Socket` may connect anew, a handle is one connection for all its life. */
const known = new WeakMap<Handle, boolean>();

/**
 * One system call for each connection, at its first reading. A descriptor number has no handle and is asked each
 * time.
 */
export function isMptcp(binding: NativeBinding, fd: number, handle: Handle | null | undefined): boolean | undefined {
  // macOS has other sockets for it, without TCP_CONNECTION_INFO.
  if (binding.platform !== "linux") return undefined;
  if (!handle) return ask(binding, fd);
  return known.get(handle) ?? remember(handle, ask(binding, fd));
}

function remember(handle: Handle, answer: boolean | undefined): boolean | undefined {
  if (answer !== undefined) known.set(handle, answer);
  return answer;
}

function ask(binding: NativeBinding, fd: number): boolean | undefined {
  const protocol = binding.protocol(fd);
  return protocol < 0 ? undefined : protocol === IPPROTO_MPTCP;
}
