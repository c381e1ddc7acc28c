// getTcpInfo, tryGetTcpInfo and getTcpInfoBytes: source → fd → one getsockopt → decoded fields, or bytes.
import { loadAddon } from "../addon/load";
import type { NativeBinding } from "../addon/native-binding";
import { Failure } from "../errors";
import { checkFd, fdOf, findFd, handleOf, type Handle } from "../source/find-fd";
import { findSocket } from "../source/find-socket";
import { closingLentFds } from "../source/lent-fd";
import { trackedOfRequest } from "../source/tracked";
import type { SocketSource } from "../source/types";
import type { FieldList, TcpInfoFields } from "./fields";
import { whyNoStruct, whyNotConnected } from "./no-struct";
import { isMptcp } from "./so-protocol";
import { structViews, type StructViews } from "./struct-views";
import { layout } from "./this-system";
import type { TcpInfo } from "./types";

/**
 * `getsockopt(fd, IPPROTO_TCP, TCP_INFO)` on Linux, `getsockopt(fd, IPPROTO_TCP, TCP_CONNECTION_INFO)` on macOS.
 *
 * Reads the kernel's present information about the TCP connection of `source`. Costs one system call. On Linux the
 * first reading of a connection costs another one (`SO_PROTOCOL`); a descriptor number costs both each time.
 *
 * Returns a plain object with the unit of each value in its name. A property is `undefined` when this kernel lacks
 * the field, does not fill it in, or has no sample yet. `Infinity` means "no limit".
 *
 * Once both ends have closed, the state is `"CLOSED"` until the descriptor is closed too. After that, for a request,
 * response or stream of a server with `trackConnections`, the result is the connection's `finalTcpInfo`. For a socket
 * or a session it never is.
 *
 * In a handler of node:http, https, http2 or net call {@link tryGetTcpInfo}, or catch the error, which otherwise ends
 * the process. The connection may be closed there: Node may call the handler of a pipelined request after the client
 * has reset the connection.
 *
 * @param source - A request, response, socket, HTTP/2 session or stream, WebSocket, a framework's request or
 * context, or a descriptor number. docs/sources.md lists them all.
 * @throws {SocketInfoError} `ERR_SOCKINFO_NO_SOCKET`, `…_SOCKET_CLOSED`, `…_NOT_TCP`, `…_NOT_CONNECTED` (a
 * listener, or still connecting), `…_OUT_OF_RESOURCES`, `…_INVALID_ARGUMENT`, `…_UNSUPPORTED_PLATFORM`,
 * `…_UNSUPPORTED_RUNTIME`, `…_UNSUPPORTED_KERNEL`, `…_SYSTEM_CALL_DENIED` (a sandbox), `…_ADDON_LOAD_FAILED`.
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
 * {@link getTcpInfo} for code that can go on without a result. Returns `undefined` when nothing can be read for a
 * reason outside the caller's control: no socket, closed, not TCP, not connected, out of descriptors or memory, or
 * a platform, runtime, kernel or sandbox without TCP_INFO.
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
 * `getsockopt(fd, IPPROTO_TCP, TCP_INFO)` on Linux, `getsockopt(fd, IPPROTO_TCP, TCP_CONNECTION_INFO)` on macOS.
 *
 * Returns the bytes that {@link getTcpInfo} decodes, in a new array of the length that this kernel returned. They are
 * a `struct tcp_info` (Linux) or `struct tcp_connection_info` (macOS). {@link decodeTcpInfo} decodes them later or
 * elsewhere.
 *
 * Unlike `getTcpInfo` it also reads listening and connecting sockets. In their structs most fields have another
 * meaning.
 *
 * @throws {SocketInfoError} What `getTcpInfo` throws, except for a listening or connecting socket.
 * @example
 * fs.appendFileSync("tcp-info.bin", getTcpInfoBytes(socket));
 * @see tcp(7)
 */
export function getTcpInfoBytes(source: SocketSource): Uint8Array {
  const views = readBytes(source);
  if (views instanceof Failure) throw views.toError(getTcpInfoBytes);
  return views.u8.slice();
}

const readBytes = closingLentFds((source: unknown): StructViews | Failure => {
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  const fd = findFd(source);
  return typeof fd === "number" ? readStruct(binding, fd, "tcpInfo") : fd;
});

function readTcpInfo(source: unknown): TcpInfo | Failure {
  const info = readTcpInfoInAnyState(source);
  return info instanceof Failure ? recall(source, info) : (whyNotConnected(info.state) ?? info);
}

/** The tracker's final reading of a closed connection. A copy, because the connection keeps its own. */
function recall(source: unknown, failure: Failure): TcpInfo | Failure {
  if (failure.code !== "ERR_SOCKINFO_SOCKET_CLOSED") return failure;
  const info = trackedOfRequest(source)?.finalTcpInfo;
  return info === undefined ? failure : { ...info };
}

function recallFields(source: unknown, failure: Failure, { names }: FieldList): Partial<TcpInfoFields> | Failure {
  const info: Partial<TcpInfoFields> | Failure = recall(source, failure);
  return info instanceof Failure ? info : Object.fromEntries(names.map((name) => [name, info[name]]));
}

/**
 * `getTcpInfo` without its check of the state. For listening and connecting sockets most fields have another meaning.
 */
export const readTcpInfoInAnyState: (source: unknown) => TcpInfo | Failure = closingLentFds((source) => {
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
});

function readInfo(binding: NativeBinding, fd: number, handle: Handle | null | undefined): TcpInfo | Failure {
  const views = readStruct(binding, fd, "tcpInfo");
  return views instanceof Failure ? views : layout.decode(views, isMptcp(binding, fd, handle));
}

/** `readTcpInfo` for some fields only, in one function: `getTcpInfo` then has no branch for fields. */
export const readFields: (source: unknown, fields: FieldList) => Partial<TcpInfoFields> | Failure = closingLentFds(
  (source, fields) => {
    const binding = loadAddon();
    if (binding instanceof Failure) return binding;
    const socket = typeof source === "number" ? undefined : findSocket(source);
    if (socket instanceof Failure) return recallFields(source, socket, fields);
    const handle = socket && handleOf(socket);
    const fd = socket ? fdOf(socket, handle) : checkFd(source as number);
    if (typeof fd !== "number") return recallFields(source, fd, fields);
    const views = readStruct(binding, fd, "tcpInfo");
    if (views instanceof Failure) return recallFields(source, views, fields);
    const refused = whyNotConnected(layout.readState(views.u8, 0));
    return refused ?? layout.decodeFields(views, fields, fields.withMptcp ? isMptcp(binding, fd, handle) : undefined);
  },
);

/**
 * The native function that reads TCP_INFO. After `"tcpInfoAndCookie"`, which only Linux has, `cookieBesideTcpInfo()` has
 * the cookie.
 */
export type TcpInfoCall = "tcpInfo" | "tcpInfoAndCookie";

/** Views of the native module's buffer, as long as this kernel's struct. Kept, because that length stays the same. */
let current: StructViews | undefined;

/** The struct as the kernel has just written it, valid until the next call that fills the buffer. */
export function readStruct(binding: NativeBinding, fd: number, call: TcpInfoCall): StructViews | Failure {
  const length = binding[call](fd);
  if (length < 0) return whyNoStruct(binding, length, fd);
  if (length !== current?.length) current = structViews(binding.buffer, length);
  return current;
}
