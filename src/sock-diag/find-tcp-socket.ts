// findTcpSocket: addresses, ports and cookie → one question → what the kernel says about that socket.
import { Failure } from "../core";
import { loadSockDiag, whyNoAnswer } from "./failure";
import { encodeSocketId, type TcpSocketId } from "./socket-id";
import { decodeSocketRow, SOCKET_ROW_BYTES, type TcpSocketRow } from "./socket-row";

/**
 * `sock_diag(7)`, SOCK_DIAG_BY_FAMILY for one socket. Needs no descriptor: also finds a socket that its process has
 * closed and the kernel still has, and sockets of other processes in this network namespace.
 *
 * Returns `undefined` if the kernel has no such socket. Never returns a listener, which would answer for a connection
 * that is gone. Opens a netlink socket and closes it in the same call. The first call since the system started may
 * load kernel modules, which takes up to a tenth of a second.
 *
 * @returns A `Failure`: `ERR_SOCKINFO_UNSUPPORTED_PLATFORM`, `…_UNSUPPORTED_KERNEL` (it lacks tcp_diag),
 * `…_SYSTEM_CALL_DENIED` (a sandbox), `…_OUT_OF_RESOURCES`, `…_INVALID_ARGUMENT`, `…_ADDON_LOAD_FAILED`, or a system
 * error.
 * @example
 * const row = findTcpSocket({ local, remote, cookie });
 * if (row !== undefined && !(row instanceof Failure)) console.log(row.state, row.tcpInfo?.bytesAcked);
 * @see sock_diag(7)
 */
export function findTcpSocket(id: TcpSocketId): TcpSocketRow | undefined | Failure {
  const asked = encodeSocketId(id);
  if (asked instanceof Failure) return asked;
  const binding = loadSockDiag();
  if (binding instanceof Failure) return binding;
  const errno = binding.findTcpSocket(asked, new Uint8Array(binding.buffer));
  if (errno === -binding.errno.ENOENT) return undefined;
  // Copied, because the next native call may overwrite the buffer.
  return errno < 0 ? whyNoAnswer(errno) : decodeSocketRow(binding.buffer.slice(0, SOCKET_ROW_BYTES), 0);
}
