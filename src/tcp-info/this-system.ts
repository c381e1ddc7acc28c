// The layout that this process's kernel writes, and what its refusals mean. The layouts are in linux.ts and darwin.ts.
import { release } from "node:os";
import type { NativeBinding } from "../addon/native-binding";
import { Failure } from "../errors";
import type { Columns } from "./columns";
import { DARWIN_COLUMNS, decodeDarwin, readDarwinState } from "./darwin";
import { hasEcnWord } from "./decode";
import { IPPROTO_MPTCP, IPPROTO_TCP } from "./is-mptcp";
import { decodeLinux, LINUX_COLUMNS, readLinuxState } from "./linux";
import { type Fill, readLinuxFill } from "./linux-fill";
import type { StructViews } from "./struct-views";
import type { TcpInfo, TcpState } from "./types";

export interface Layout {
  /** `isMptcp` is ignored on macOS. */
  decode(views: StructViews, isMptcp: boolean | undefined): TcpInfo;
  /** The state of the struct that begins at byte `at`. */
  readState(u8: Uint8Array, at: number): TcpState | undefined;
  /** The same of how much of the struct is filled in. */
  readFill(u8: Uint8Array, u32: Uint32Array, at: number, length: number): Fill;
  readonly columns: Columns;
}

export const layout: Layout = process.platform === "darwin" ? darwinLayout() : linuxLayout(askForEcnWord());

function darwinLayout(): Layout {
  return { decode: decodeDarwin, readState: readDarwinState, readFill: () => "whole", columns: DARWIN_COLUMNS };
}

function linuxLayout(thisKernelHasEcnWord: boolean): Layout {
  const decode: Layout["decode"] = (views, isMptcp) => decodeLinux(views, thisKernelHasEcnWord, isMptcp);
  return { decode, readState: readLinuxState, readFill: readLinuxFill, columns: LINUX_COLUMNS };
}

function askForEcnWord(): boolean {
  try {
    return hasEcnWord(release());
  } catch {
    return false; // Deno without --allow-sys does not tell.
  }
}

/**
 * Why the kernel gave no struct. `errno` is negative. To be called in the same turn, while `fd` is still the same
 * socket.
 */
export function whyNoStruct(binding: NativeBinding, errno: number, fd: number): Failure {
  const { errno: numbers, platform } = binding;
  const call = { errno, syscall: "getsockopt" };
  switch (-errno) {
    case numbers.ENOTSOCK:
      return Failure.of("ERR_SOCKINFO_NOT_TCP", undefined, call);
    case numbers.EOPNOTSUPP:
    case numbers.ENOPROTOOPT:
      // An emulated kernel (WSL 1) says so of its TCP sockets.
      return platform === "linux" && tcpOrErrno(binding, fd) === true
        ? Failure.of("ERR_SOCKINFO_UNSUPPORTED_KERNEL", "TCP_INFO", call)
        : Failure.of("ERR_SOCKINFO_NOT_TCP", undefined, call);
    case numbers.ECONNRESET:
      return Failure.of("ERR_SOCKINFO_SOCKET_CLOSED", undefined, call);
    case numbers.EINVAL:
      // What macOS says of UDP sockets.
      if (platform === "darwin") return Failure.of("ERR_SOCKINFO_NOT_TCP", undefined, call);
  }
  const failure = Failure.ofRead(errno, "getsockopt");
  return failure.code === "ERR_SOCKINFO_SYSTEM_CALL_DENIED" ? whyDenied(binding, fd, failure) : failure;
}

/** A sandbox denies the call before the kernel looks at the descriptor, which may be closed, or that of a file. */
function whyDenied(binding: NativeBinding, fd: number, denial: Failure): Failure {
  const answer = tcpOrErrno(binding, fd);
  if (answer === false || answer === -binding.errno.ENOTSOCK) return Failure.of("ERR_SOCKINFO_NOT_TCP");
  if (answer === true) return denial;
  const failure = Failure.ofRead(answer, "getsockname");
  return failure.code === denial.code ? denial : failure;
}

/** Whether the descriptor is that of a TCP socket, without TCP_INFO; or a negative error number. */
function tcpOrErrno(binding: NativeBinding, fd: number): boolean | number {
  const protocol = binding.protocol(fd);
  if (protocol >= 0) return protocol === IPPROTO_TCP || protocol === IPPROTO_MPTCP;
  // That is denied, too, or this system does not have it.
  const family = binding.localFamily(fd);
  if (family < 0) return family;
  // SO_TYPE may be denied, too. A socket that may be TCP counts as TCP.
  return family !== binding.unixFamily && binding.isStream(fd) !== 0;
}

/** The kernel has a struct for these, too, but few of its fields mean what their names say. */
export function whyNotConnected(state: TcpState | undefined): Failure | undefined {
  if (state === "LISTEN") return Failure.of("ERR_SOCKINFO_NOT_CONNECTED", "it is listening");
  if (state === "SYN_SENT") return Failure.of("ERR_SOCKINFO_NOT_CONNECTED", "it is still connecting");
  return undefined;
}
