// Says why getTcpInfo and related functions have no result for a descriptor: what a failed system call means, and which
// states are refused.
import type { NativeBinding } from "../addon/native-binding";
import { Failure } from "../errors";
import type { TcpState } from "./portable-types";
import { isTcpSocket } from "./so-protocol";

/** Why the kernel returned no TCP_INFO. */
export function whyNoStruct(binding: NativeBinding, errno: number, fd: number): Failure {
  return whyNoAnswer(binding, errno, fd, "TCP_INFO");
}

/**
 * Why the kernel did not answer `getsockopt(fd, IPPROTO_TCP, option)`. `errno` is negative. Call it synchronously after
 * the failed call, while `fd` is still the same socket.
 */
export function whyNoAnswer(binding: NativeBinding, errno: number, fd: number, option: string): Failure {
  const { errno: numbers, platform } = binding;
  const call = { errno, syscall: "getsockopt" };
  switch (-errno) {
    case numbers.ENOTSOCK:
      return Failure.of("ERR_SOCKINFO_NOT_TCP", undefined, call);
    case numbers.EOPNOTSUPP:
    case numbers.ENOPROTOOPT:
      // An emulated kernel (WSL 1) returns this for its TCP sockets.
      return platform === "linux" && isTcpSocket(binding, fd) === true
        ? Failure.of("ERR_SOCKINFO_UNSUPPORTED_KERNEL", `it has no ${option}`, call)
        : Failure.of("ERR_SOCKINFO_NOT_TCP", undefined, call);
    case numbers.ECONNRESET:
      return Failure.of("ERR_SOCKINFO_SOCKET_CLOSED", undefined, call);
    case numbers.EINVAL:
      // macOS returns this for UDP sockets.
      if (platform === "darwin") return Failure.of("ERR_SOCKINFO_NOT_TCP", undefined, call);
  }
  const failure = Failure.ofRead(errno, "getsockopt");
  return failure.code === "ERR_SOCKINFO_SYSTEM_CALL_DENIED" ? whyDenied(binding, fd, failure) : failure;
}

/**
 * A sandbox denies the call before the kernel looks at the descriptor. So the descriptor may be closed, or a file's,
 * and then that is the reason.
 */
function whyDenied(binding: NativeBinding, fd: number, denial: Failure): Failure {
  const answer = isTcpSocket(binding, fd);
  if (answer === false || answer === -binding.errno.ENOTSOCK) return Failure.of("ERR_SOCKINFO_NOT_TCP");
  if (answer === true) return denial;
  const failure = Failure.ofRead(answer, "getsockname");
  return failure.code === denial.code ? denial : failure;
}

/** Refuses two states. The kernel has a struct for them, but few of its fields have their usual meaning. */
export function whyNotConnected(state: TcpState | undefined): Failure | undefined {
  if (state === "LISTEN") return Failure.of("ERR_SOCKINFO_NOT_CONNECTED", "it is listening");
  if (state === "SYN_SENT") return Failure.of("ERR_SOCKINFO_NOT_CONNECTED", "it is still connecting");
  return undefined;
}
