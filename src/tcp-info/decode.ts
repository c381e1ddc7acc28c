// decodeTcpInfo: decodes bytes that a caller has kept, from this machine or another.
import { types } from "node:util";
import { Failure } from "../errors";
import { readOptions, type Readers } from "../options";
import { readOneOf, readString, wrongValue } from "../values";
import { decodeDarwin } from "./darwin";
import type { DarwinTcpInfo } from "./darwin-types";
import { decodeLinux, hasEcnWord } from "./linux";
import type { LinuxTcpInfo } from "./linux-types";
import { LITTLE_ENDIAN, structViews } from "./struct-views";
import { swapLinuxByteOrder } from "./swap-byte-order";
import type { TcpInfo } from "./types";

/** The machine that the bytes come from. The meaning of Linux's bytes depends on it. */
export interface TcpInfoOrigin {
  /** Byte order of that machine, from `os.endianness()`. Default: the byte order of this machine. */
  readonly endianness?: "LE" | "BE" | undefined;
  /**
   * Kernel of that machine, from `os.release()`. Without it `ecnMode`, `accecnOptSeen`, `accecnFailMode` and
   * `options2Bits` are `undefined`, except in structs longer than 280 bytes: their word had another meaning before
   * Linux 7.0, at the same length.
   */
  readonly kernelRelease?: string | undefined;
}

const ORIGIN: Readers<TcpInfoOrigin> = { endianness: readOneOf("LE", "BE"), kernelRelease: readString };

const readPlatform = readOneOf("linux", "darwin");

/**
 * Decodes the bytes that {@link getTcpInfoBytes} returned, on this machine or on another. Makes no system call and
 * needs neither a socket nor the native module.
 *
 * @param bytes - `struct tcp_info` of Linux or `struct tcp_connection_info` of macOS, with the length that the
 * kernel returned. The length decides which fields exist: a field that is not whole is `undefined`. Empty bytes are
 * allowed.
 * @param platform - The system that the bytes come from: `"linux"`, `"darwin"`, or `process.platform` for bytes of
 * this machine.
 * @param origin - More about that machine. Matters only for Linux.
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` when `bytes` is not a `Uint8Array` or its buffer is
 * detached, for another platform, and for a wrong `origin`.
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
    throw wrongValue("bytes", "have a buffer that is not detached", bytes).toError(decodeTcpInfo);
  }
  if (platform === "darwin") return decodeDarwin(structViews(copy.buffer, copy.length));
  const { endianness, kernelRelease } = from;
  if (endianness !== undefined && (endianness === "LE") !== LITTLE_ENDIAN) swapLinuxByteOrder(copy);
  return decodeLinux(structViews(copy.buffer, copy.length), kernelRelease !== undefined && hasEcnWord(kernelRelease));
}

/** Copies the bytes, because a view of words has to begin at a multiple of 4, and the caller's bytes need not. */
function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  try {
    return new Uint8Array(bytes);
  } catch {
    // The buffer was transferred to another thread, or has become too short for the view. Node 20 can't check that.
    return undefined;
  }
}

function refuseBytes(bytes: unknown): Failure | undefined {
  // instanceof would not do: under Jest and in other contexts there is more than one class Uint8Array.
  return types.isUint8Array(bytes) ? undefined : wrongValue("bytes", "be a Uint8Array", bytes);
}

function refusePlatform(platform: unknown): Failure | undefined {
  const read = readPlatform("platform", platform);
  return read instanceof Failure ? read : undefined;
}
