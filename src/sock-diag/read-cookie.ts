// readCookie: descriptor → SO_COOKIE, which stands for a socket that has no descriptor any more.
import type { Descriptor, NativeBinding } from "../addon/native-binding";
import { Failure } from "../errors";

/**
 * `getsockopt(fd, SOL_SOCKET, SO_COOKIE)`. The socket's number, which no other socket gets until the system restarts.
 * Linux 4.12. `ss -e` prints it as `sk:1a`, in hexadecimal.
 */
export function readCookie(binding: NativeBinding, fd: Descriptor): bigint | Failure {
  const length = binding.cookie(fd);
  return length < 0 ? Failure.ofRead(length, "getsockopt") : (new BigUint64Array(binding.buffer, 0, 1)[0] as bigint);
}

/** The cookie that `binding.tcpInfoAndCookie` has just written. `undefined` if the kernel has no cookies. */
export function cookieBesideTcpInfo({ buffer }: NativeBinding): bigint | undefined {
  return new BigUint64Array(buffer, buffer.byteLength - 8, 1)[0] || undefined;
}
