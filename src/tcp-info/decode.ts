// decodeTcpInfo: the layouts for bytes that a caller kept. get-tcp-info.ts uses the layouts directly.
import { types } from "node:util";
import { Failure } from "../errors";
import { readOptions, type Readers } from "../options";
import { readOneOf, readString, wrongValue } from "../values";
import { decodeDarwin } from "./darwin";
import type { DarwinTcpInfo } from "./darwin-types";
import { decodeLinux } from "./linux";
import type { LinuxTcpInfo } from "./linux-types";
import { LITTLE_ENDIAN, structViews } from "./struct-views";
import { swapLinuxByteOrder } from "./swap-byte-order";
import type { TcpInfo } from "./types";

/** Where bytes of `"linux"` were read, as far as it matters for their meaning. */
export interface TcpInfoOrigin {
  /** Byte order of that machine, `os.endianness()`. Left out: that of this machine. */
  readonly endianness?: "LE" | "BE" | undefined;
  /**
   * Kernel of that machine, `os.release()`. The word of `ecnMode`, `accecnOptSeen`, `accecnFailMode` and `options2Bits` meant
   * something else before Linux 7.0, at the same length: left out, those are `undefined` (but for longer structs than 280 bytes).
   */
  readonly kernelRelease?: string | undefined;
}

const ORIGIN: Readers<TcpInfoOrigin> = { endianness: readOneOf("LE", "BE"), kernelRelease: readString };

const readPlatform = readOneOf("linux", "darwin");

/**
 * Decodes what {@link getTcpInfoBytes} gave, on this machine or on another. Pure: no socket, no system call, no native module.
 *
 * @param bytes - `struct tcp_info` of Linux or `struct tcp_connection_info` of macOS, as long as the kernel made it. The
 * length decides which fields there are: of truncated bytes, even of none, every field that is not whole is `undefined`.
 * @param platform - The system that the bytes come from: `"linux"`, `"darwin"`, or `process.platform` for bytes of this machine.
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` when `bytes` is not a `Uint8Array`, or has lost its buffer, or for
 * another platform.
 * @example
 * const bytes = getTcpInfoBytes(req);
 * // … anywhere else, at any later time:
 * const info = decodeTcpInfo(bytes, "linux", { kernelRelease: "6.12.0", endianness: "LE" });
 */
export function decodeTcpInfo(bytes: Uint8Array, platform: "linux", origin?: TcpInfoOrigin): LinuxTcpInfo;
export function decodeTcpInfo(bytes: Uint8Array, platform: "darwin", origin?: TcpInfoOrigin): DarwinTcpInfo;
export function decodeTcpInfo(bytes: Uint8Array, platform: NodeJS.Platform, origin?: TcpInfoOrigin): TcpInfo;
export function decodeTcpInfo(bytes: Uint8Array, platform: NodeJS.Platform, origin: TcpInfoOrigin = {}): TcpInfo {
  const mistake = refuseBytes(bytes) ?? refusePlatform(platform);
  if (mistake) throw mistake.toError(decodeTcpInfo);
  const from = readOptions("origin", origin, ORIGIN);
  if (from instanceof Failure) throw from.toError(decodeTcpInfo);
  const copy = copyOf(bytes);
  if (copy === undefined) {
    throw Failure.ofArgument("the buffer of bytes is detached").toError(decodeTcpInfo);
  }
  if (platform === "darwin") return decodeDarwin(structViews(copy.buffer, copy.length));
  const { endianness, kernelRelease } = from;
  if (endianness !== undefined && (endianness === "LE") !== LITTLE_ENDIAN) swapLinuxByteOrder(copy);
  return decodeLinux(structViews(copy.buffer, copy.length), kernelRelease !== undefined && hasEcnWord(kernelRelease));
}

/** A copy, because the caller's bytes may start anywhere, the words of the views only on multiples of 4. */
function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  try {
    return new Uint8Array(bytes);
  } catch {
    // Transferred to another thread, or resized to where the view begins: Node 20 can't be asked beforehand.
    return undefined;
  }
}

function refuseBytes(bytes: unknown): Failure | undefined {
  // Not instanceof: under Jest, and in other contexts, there is more than one Uint8Array.
  return types.isUint8Array(bytes) ? undefined : wrongValue("bytes", "be a Uint8Array", bytes);
}

function refusePlatform(platform: unknown): Failure | undefined {
  const read = readPlatform("platform", platform);
  return read instanceof Failure ? read : undefined;
}

/** Whether a Linux kernel gives the word at 276 the meaning that it has since 7.0. */
export function hasEcnWord(kernelRelease: string): boolean {
  return Number.parseInt(kernelRelease, 10) >= 7;
}
