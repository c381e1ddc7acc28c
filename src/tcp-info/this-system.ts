// The layout that this process's kernel writes, and what its refusals mean. Used by get-tcp-info.ts and get-tcp-info-batch.ts;
// the layouts are in linux.ts and darwin.ts.
import { release } from "node:os";
import type { NativeBinding } from "../addon/native-binding";
import { Failure } from "../errors";
import type { Columns } from "./columns";
import { DARWIN_COLUMNS, decodeDarwin, readDarwinState } from "./darwin";
import { hasEcnWord } from "./decode";
import { decodeLinux, LINUX_COLUMNS, readLinuxState } from "./linux";
import type { StructViews } from "./struct-views";
import type { TcpInfo, TcpState } from "./types";

export interface Layout {
  decode(views: StructViews): TcpInfo;
  /** The state of the struct that begins at byte `at`. */
  readState(u8: Uint8Array, at: number): TcpState | undefined;
  readonly columns: Columns;
}

export const layout: Layout = process.platform === "darwin" ? darwinLayout() : linuxLayout(askForEcnWord());

function darwinLayout(): Layout {
  return { decode: decodeDarwin, readState: readDarwinState, columns: DARWIN_COLUMNS };
}

function linuxLayout(thisKernelHasEcnWord: boolean): Layout {
  const decode = (views: StructViews) => decodeLinux(views, thisKernelHasEcnWord);
  return { decode, readState: readLinuxState, columns: LINUX_COLUMNS };
}

function askForEcnWord(): boolean {
  try {
    return hasEcnWord(release());
  } catch {
    return false; // Deno without --allow-sys does not tell.
  }
}

/** Why the kernel gave none. `errno` is negative. */
export function whyNoStruct({ errno: numbers, platform }: NativeBinding, errno: number): Failure {
  const call = { errno, syscall: "getsockopt" };
  switch (-errno) {
    case numbers.ENOTSOCK:
    case numbers.EOPNOTSUPP:
    case numbers.ENOPROTOOPT:
      return Failure.of("ERR_SOCKINFO_NOT_TCP", undefined, call);
    case numbers.ECONNRESET:
      return Failure.of("ERR_SOCKINFO_SOCKET_CLOSED", undefined, call);
    case numbers.EINVAL:
      // What macOS says of UDP sockets.
      if (platform === "darwin") return Failure.of("ERR_SOCKINFO_NOT_TCP", undefined, call);
  }
  return Failure.ofSystem(errno, "getsockopt");
}

/** The kernel has a struct for these, too, but few of its fields mean what their names say. */
export function whyNotConnected(state: TcpState | undefined): Failure | undefined {
  if (state === "LISTEN") return Failure.of("ERR_SOCKINFO_NOT_CONNECTED", "it is listening");
  if (state === "SYN_SENT") return Failure.of("ERR_SOCKINFO_NOT_CONNECTED", "it is still connecting");
  return undefined;
}
