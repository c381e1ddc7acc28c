// getTcpInfo and its kin: source → fd → one getsockopt → decode. this-system.ts has the layout of the bytes.
import { loadAddon } from "../addon/load";
import { Failure } from "../errors";
import { findFd } from "../source/find-fd";
import type { SocketSource } from "../source/types";
import { structViews, type StructViews } from "./struct-views";
import { layout, whyNoStruct, whyNotConnected } from "./this-system";
import type { TcpInfo } from "./types";

/**
 * `getsockopt(fd, IPPROTO_TCP, TCP_INFO)` on Linux, `getsockopt(fd, IPPROTO_TCP, TCP_CONNECTION_INFO)` on macOS.
 *
 * Asks the kernel, at this moment, about the TCP connection behind `source`: one system call. The result is a
 * plain object; a property is `undefined` when this kernel lacks the field or has no sample yet, and `Infinity` for "no limit".
 * After both ends have closed, and until the descriptor is closed too, the kernel still answers (`state: "CLOSED"`).
 *
 * @param source - A request, response, socket, HTTP/2 session or stream, WebSocket, a framework's request or context, or a
 * descriptor number. All: docs/sources.md.
 * @throws {SocketInfoError} `ERR_SOCKINFO_NO_SOCKET`, `…_SOCKET_CLOSED`, `…_NOT_TCP`, `…_NOT_CONNECTED` (a listener, or
 * still connecting), `…_INVALID_ARGUMENT`, `…_UNSUPPORTED_PLATFORM`, `…_UNSUPPORTED_RUNTIME`, `…_ADDON_LOAD_FAILED`.
 * @example
 * const { rttMs, sndCwndBytes, retransmittedSegments } = getTcpInfo(req);
 * @see tcp(7)
 */
export function getTcpInfo(source: SocketSource): TcpInfo {
  const info = readTcpInfo(source);
  if (info instanceof Failure) throw info.toError(getTcpInfo);
  return info;
}

/**
 * {@link getTcpInfo}, for code that must go on without: `undefined` when there is nothing to read for a reason that the
 * caller can't help (no socket, closed, not TCP, not connected, platform or runtime not supported).
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_ADDON_LOAD_FAILED`, or a system error.
 * @example
 * log.info({ rttMs: tryGetTcpInfo(req)?.rttMs });
 */
export function tryGetTcpInfo(source: SocketSource): TcpInfo | undefined {
  const info = readTcpInfo(source);
  return info instanceof Failure ? info.toUndefined(tryGetTcpInfo) : info;
}

/**
 * The bytes that {@link getTcpInfo} decodes: `struct tcp_info` (Linux) or `struct tcp_connection_info` (macOS), as long as
 * this kernel makes it, in a new array. To be kept and decoded later or elsewhere, with {@link decodeTcpInfo}.
 *
 * Unlike `getTcpInfo` it answers for listeners and connecting sockets too: few fields mean there what their names say.
 *
 * @throws {SocketInfoError} As `getTcpInfo`, but for a listener or connecting socket.
 * @example
 * fs.appendFileSync("tcp-info.bin", getTcpInfoBytes(socket));
 * @see tcp(7)
 */
export function getTcpInfoBytes(source: SocketSource): Uint8Array {
  const views = readStruct(source);
  if (views instanceof Failure) throw views.toError(getTcpInfoBytes);
  return views.u8.slice();
}

function readTcpInfo(source: unknown): TcpInfo | Failure {
  const info = readTcpInfoInAnyState(source);
  return info instanceof Failure ? info : (whyNotConnected(info.state) ?? info);
}

/** Of listeners and connecting sockets, too, few of whose fields mean what their names say. */
export function readTcpInfoInAnyState(source: unknown): TcpInfo | Failure {
  const views = readStruct(source);
  return views instanceof Failure ? views : layout.decode(views);
}

/** Views on the native module's buffer, as long as this kernel's struct. Made once: the length stays the same. */
let current: StructViews | undefined;

/** The struct as the kernel has just written it; good until the next native call. */
function readStruct(source: unknown): StructViews | Failure {
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  const fd = findFd(source);
  if (typeof fd !== "number") return fd;
  const length = binding.tcpInfo(fd);
  if (length < 0) return whyNoStruct(binding, length);
  if (length !== current?.length) current = structViews(binding.buffer, length);
  return current;
}
