// decodeTcpInfo: the layouts for bytes that a caller kept. get-tcp-info.ts uses the layouts directly.
import { types } from "node:util";
import { Failure } from "../errors";
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
  readonly endianness?: "LE" | "BE";
  /**
   * Kernel of that machine, `os.release()`. The word of `ecnMode`, `accecnOptSeen`, `accecnFailMode` and `options2` meant
   * something else before Linux 7.0, at the same length: left out, those are `undefined` (but for longer structs than 280 bytes).
   */
  readonly kernelRelease?: string;
}

/**
 * Decodes what {@link getTcpInfoBytes} gave, on this machine or on another. Pure: no socket, no system call, no native module.
 *
 * @param bytes - `struct tcp_info` of Linux or `struct tcp_connection_info` of macOS, as long as the kernel made it. The
 * length decides which fields there are: of truncated bytes, even of none, every field that is not whole is `undefined`.
 * @param platform - The system that the bytes come from.
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` when `bytes` is not a `Uint8Array`, or has lost its buffer, or for
 * another platform.
 * @example
 * const bytes = getTcpInfoBytes(req);
 * // … anywhere else, at any later time:
 * const info = decodeTcpInfo(bytes, "linux", { kernelRelease: "6.12.0", endianness: "LE" });
 */
export function decodeTcpInfo(bytes: Uint8Array, platform: "linux", origin?: TcpInfoOrigin): LinuxTcpInfo;
export function decodeTcpInfo(bytes: Uint8Array, platform: "darwin", origin?: TcpInfoOrigin): DarwinTcpInfo;
export function decodeTcpInfo(bytes: Uint8Array, platform: TcpInfo["platform"], origin?: TcpInfoOrigin): TcpInfo;
export function decodeTcpInfo(bytes: Uint8Array, platform: TcpInfo["platform"], origin: TcpInfoOrigin = {}): TcpInfo {
  const mistake = findMistake(bytes, platform, origin);
  if (mistake !== undefined) throw Failure.ofArgument(mistake).toError(decodeTcpInfo);
  const copy = copyOf(bytes);
  if (copy === undefined) {
    throw Failure.ofArgument("the buffer of bytes is detached").toError(decodeTcpInfo);
  }
  if (platform === "darwin") return decodeDarwin(structViews(copy.buffer, copy.length));
  const { endianness, kernelRelease } = origin;
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

function findMistake(bytes: unknown, platform: unknown, origin: unknown): string | undefined {
  // Not instanceof: under Jest, and in other contexts, there is more than one Uint8Array.
  if (!types.isUint8Array(bytes)) return "bytes must be a Uint8Array";
  if (platform !== "linux" && platform !== "darwin") return 'platform must be "linux" or "darwin"';
  if (typeof origin !== "object" || origin === null) return "origin must be an object";
  const { endianness, kernelRelease } = origin as Record<keyof TcpInfoOrigin, unknown>;
  if (endianness !== undefined && endianness !== "LE" && endianness !== "BE") return 'endianness must be "LE" or "BE"';
  if (kernelRelease !== undefined && typeof kernelRelease !== "string") return "kernelRelease must be a string";
  return undefined;
}

/** Whether a Linux kernel gives the word at 276 the meaning that it has since 7.0. */
export function hasEcnWord(kernelRelease: string): boolean {
  return Number.parseInt(kernelRelease, 10) >= 7;
}
