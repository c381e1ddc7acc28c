// getMptcpInfo: source → fd → four getsockopt in one native call → the connection and its subflows.
import { loadAddon } from "../addon/load";
import type { NativeBinding } from "../addon/native-binding";
import { Failure } from "../errors";
import { findFd } from "../source/find-fd";
import { closingLentFds } from "../source/lent-fd";
import type { SocketSource } from "../source/types";
import { whyNoStruct, whyNotConnected } from "../tcp-info/no-struct";
import type { TcpState } from "../tcp-info/portable-types";
import { isMptcp, isTcpSocket } from "../tcp-info/so-protocol";
import { layout } from "../tcp-info/this-system";
import { decodeMptcpInfo, makeAnswer, type MptcpAnswer, readSubflows, saysFallback } from "./mptcp-answer";
import type { MptcpInfo, MptcpSubflow } from "./mptcp-types";

/**
 * `getsockopt(fd, SOL_MPTCP)` of `MPTCP_INFO`, `MPTCP_SUBFLOW_ADDRS` and `MPTCP_TCPINFO`, on Linux 5.16 or later only.
 *
 * Reads what the kernel knows about the MPTCP connection of `source`: its counters and limits, and each subflow with
 * its addresses and its own TCP_INFO. `getTcpInfo` describes only the first subflow. Costs four system calls, in one
 * native call.
 *
 * Returns a plain object with the unit of each value in its name. A property is `undefined` when this kernel lacks
 * the field.
 *
 * @param source - A request, response, socket, HTTP/2 session or stream, WebSocket, a framework's request or
 * context, or a descriptor number. docs/sources.md lists them all.
 * @throws {SocketInfoError} `ERR_SOCKINFO_NOT_MPTCP` (a TCP connection, or one that has fallen back to TCP),
 * `…_NO_SOCKET`, `…_SOCKET_CLOSED`, `…_NOT_TCP`, `…_NOT_CONNECTED` (a listener, or still connecting),
 * `…_OUT_OF_RESOURCES`, `…_INVALID_ARGUMENT`, `…_UNSUPPORTED_PLATFORM` (macOS), `…_UNSUPPORTED_RUNTIME`,
 * `…_UNSUPPORTED_KERNEL`, `…_SYSTEM_CALL_DENIED` (a sandbox), `…_ADDON_LOAD_FAILED`.
 * @example
 * for (const { remote, tcpInfo } of getMptcpInfo(req).subflows ?? []) console.log(remote, tcpInfo.rttMs);
 * @see https://docs.kernel.org/networking/mptcp.html
 */
export function getMptcpInfo(source: SocketSource): MptcpInfo {
  const info = readMptcpInfo(source);
  if (info instanceof Failure) throw info.toError(getMptcpInfo);
  return info;
}

/**
 * {@link getMptcpInfo}, but returns `undefined` when there is nothing to read for a reason outside the caller's
 * control: the client does not use MPTCP, no socket, closed, not connected, or a platform, runtime, kernel or sandbox
 * without MPTCP_INFO.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_ADDON_LOAD_FAILED`, or a system error.
 * @example
 * log.info({ subflows: tryGetMptcpInfo(req)?.subflows?.length ?? 1 });
 */
export function tryGetMptcpInfo(source: SocketSource): MptcpInfo | undefined {
  const info = readMptcpInfo(source);
  return info instanceof Failure ? info.toUndefined(tryGetMptcpInfo) : info;
}

const ROOM = 8;
/** A subflow lives for many round trips, so a second reading is rare. */
const MOST_READINGS = 5;

/** The next call overwrites it. Made at the first call, because MPTCP is rare. */
let kept: MptcpAnswer | undefined;

const readMptcpInfo = closingLentFds((source: unknown): MptcpInfo | Failure => {
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  const fd = findFd(source);
  if (typeof fd !== "number") return fd;
  let answer = (kept ??= makeAnswer(ROOM));
  let subflows: readonly MptcpSubflow[] | undefined;
  for (let reading = 1; reading <= MOST_READINGS; reading++) {
    const length = binding.mptcpInfoInto(fd, answer.bytes);
    if (length < 0) return whyNoInfo(binding, length, fd);
    if (saysFallback(answer)) return Failure.of("ERR_SOCKINFO_NOT_MPTCP", "it has fallen back to TCP");
    const found = readSubflows(answer);
    if (found === "changed") continue;
    if (typeof found !== "number") {
      subflows = found;
      break;
    }
    answer = kept = makeAnswer(found);
  }
  return whyNotEstablished(subflows) ?? decodeMptcpInfo(answer, subflows);
});

/** A listening or connecting socket has one subflow in that state. */
function whyNotEstablished(subflows: readonly MptcpSubflow[] | undefined): Failure | undefined {
  const [first, second] = subflows ?? [];
  return second === undefined ? whyNotConnected(first?.tcpInfo.state) : undefined;
}

function readState(binding: NativeBinding, fd: number): TcpState | undefined {
  return binding.tcpInfo(fd) < 0 ? undefined : layout.readState(new Uint8Array(binding.buffer), 0);
}

/** `errno` is that of MPTCP_INFO, and negative. */
function whyNoInfo(binding: NativeBinding, errno: number, fd: number): Failure {
  if (binding.platform !== "linux") {
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_PLATFORM", "MPTCP connections are reported on Linux only");
  }
  const { EOPNOTSUPP, ENOPROTOOPT } = binding.errno;
  if (errno !== -EOPNOTSUPP && errno !== -ENOPROTOOPT) return whyNoStruct(binding, errno, fd);
  const call = { errno, syscall: "getsockopt" };
  if (isTcpSocket(binding, fd) === false) return Failure.of("ERR_SOCKINFO_NOT_TCP", undefined, call);
  if (isMptcp(binding, fd, undefined) !== true) {
    return whyNotConnected(readState(binding, fd)) ?? Failure.of("ERR_SOCKINFO_NOT_MPTCP", "it is TCP", call);
  }
  return binding.hasMptcpInfo() === 0
    ? Failure.of("ERR_SOCKINFO_UNSUPPORTED_KERNEL", "it has no MPTCP_INFO", call)
    : Failure.of("ERR_SOCKINFO_NOT_MPTCP", "it has fallen back to TCP", call);
}
