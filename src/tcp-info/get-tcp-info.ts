// getTcpInfo, tryGetTcpInfo, getTcpInfoBytes: source → fd → one getsockopt → decode. this-system.ts has the layout of
// the bytes.
import { loadAddon } from "../addon/load";
import type { NativeBinding } from "../addon/native-binding";
import { Failure } from "../errors";
import { checkFd, fdOf, findFd, handleOf, type Handle } from "../source/find-fd";
import { findSocket } from "../source/find-socket";
import { trackedOfRequest } from "../source/tracked";
import type { SocketSource } from "../source/types";
import { isMptcp } from "./is-mptcp";
import { structViews, type StructViews } from "./struct-views";
import { layout, whyNoStruct, whyNotConnected } from "./this-system";
import type { TcpInfo } from "./types";

/**
 * `getsockopt(fd, IPPROTO_TCP, TCP_INFO)` on Linux, `getsockopt(fd, IPPROTO_TCP, TCP_CONNECTION_INFO)` on macOS.
 *
 * Asks the kernel, at this moment, about the TCP connection behind `source`: one system call, and at the first
 * reading of a connection another one on Linux (`SO_PROTOCOL`). A descriptor number costs both each time. The result
 * is a plain object. A property is `undefined` when this kernel lacks the field, does not fill it in or has no sample
 * yet. `Infinity` is "no limit".
 * After both ends have closed, and until the descriptor is closed too, the kernel still answers (`state: "CLOSED"`).
 * A request, response or stream whose connection has closed answers with the connection's `finalTcpInfo`, on a server
 * with `trackConnections`. A socket or session never does.
 *
 * @param source - A request, response, socket, HTTP/2 session or stream, WebSocket, a framework's request or context, or a
 * descriptor number. All: docs/sources.md.
 * @throws {SocketInfoError} `ERR_SOCKINFO_NO_SOCKET`, `…_SOCKET_CLOSED`, `…_NOT_TCP`, `…_NOT_CONNECTED` (a listener, or
 * still connecting), `…_INVALID_ARGUMENT`, `…_UNSUPPORTED_PLATFORM`, `…_UNSUPPORTED_RUNTIME`, `…_UNSUPPORTED_KERNEL`,
 * `…_SYSTEM_CALL_DENIED` (a sandbox), `…_ADDON_LOAD_FAILED`.
 * @example
 * const info = getTcpInfo(req);
 * const { rttMs, sndCwndBytes, retransmittedSegments } = info; // On Linux and macOS.
 * if (info.platform === "linux") console.log(info.minRttMs); // On Linux only.
 * @see tcp(7)
 */
export function getTcpInfo(source: SocketSource): TcpInfo {
  const info = readTcpInfo(source);
  if (info instanceof Failure) throw info.toError(getTcpInfo);
  return info;
}

/**
 * {@link getTcpInfo}, for code that must go on without: `undefined` when there is nothing to read for a reason that the
 * caller can't help (no socket, closed, not TCP, not connected; platform, runtime, kernel or sandbox).
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
  const views = readBytes(source);
  if (views instanceof Failure) throw views.toError(getTcpInfoBytes);
  return views.u8.slice();
}

function readBytes(source: unknown): StructViews | Failure {
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  const fd = findFd(source);
  return typeof fd === "number" ? readStruct(binding, fd) : fd;
}

function readTcpInfo(source: unknown): TcpInfo | Failure {
  const info = readTcpInfoInAnyState(source);
  return info instanceof Failure ? recall(source, info) : (whyNotConnected(info.state) ?? info);
}

/** A copy: the connection keeps its own. */
function recall(source: unknown, failure: Failure): TcpInfo | Failure {
  if (failure.code !== "ERR_SOCKINFO_SOCKET_CLOSED") return failure;
  const info = trackedOfRequest(source)?.finalTcpInfo;
  return info === undefined ? failure : { ...info };
}

/** Also answers for listening and connecting sockets, where most fields have another meaning. */
export function readTcpInfoInAnyState(source: unknown): TcpInfo | Failure {
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  if (typeof source === "number") {
    const fd = checkFd(source);
    return typeof fd === "number" ? readInfo(binding, fd, undefined) : fd;
  }
  const socket = findSocket(source);
  if (socket instanceof Failure) return socket;
  const handle = handleOf(socket);
  const fd = fdOf(socket, handle);
  return typeof fd === "number" ? readInfo(binding, fd, handle) : fd;
}

function readInfo(binding: NativeBinding, fd: number, handle: Handle | null | undefined): TcpInfo | Failure {
  const views = readStruct(binding, fd);
  return views instanceof Failure ? views : layout.decode(views, isMptcp(binding, fd, handle));
}

/** Views on the native module's buffer, as long as this kernel's struct. Made once: the length stays the same. */
let current: StructViews | undefined;

/** The struct as the kernel has just written it; good until the next call that fills the buffer. */
function readStruct(binding: NativeBinding, fd: number): StructViews | Failure {
  const length = binding.tcpInfo(fd);
  if (length < 0) return whyNoStruct(binding, length, fd);
  if (length !== current?.length) current = structViews(binding.buffer, length);
  return current;
}
