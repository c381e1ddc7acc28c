// diagnoseTcp: two readings of one connection → what limited it meanwhile.
import { Failure } from "../errors";
import { loadDiagnosis } from "../parts";
import type { TcpInfo } from "../tcp-info/types";
import type { DiagnoseTcpOptions, TcpDiagnosis } from "./types";

/**
 * Says what limited a connection between two readings of TCP_INFO: the application, the peer, the send buffer, or the
 * path and how. Pure: it makes no system call, remembers nothing, and takes readings of other machines
 * (`decodeTcpInfo`, `JSON.parse`). The verdict is the first of an ordered list of rules that fits.
 *
 * Take the readings one to two seconds apart, and while the connection has work. Below half a second the verdict is
 * `"unknown"`. So it is where the system reports too little: Linux before 4.6, gVisor, MPTCP, and for most
 * connections of macOS.
 *
 * @param before - The earlier reading.
 * @param after - A later reading of the same connection.
 * @param options - `intervalMs`, the time between the two, and `pendingBytes`, the smaller value of
 * `socket.writableLength` at both.
 * @returns The verdict with its number and a sentence, and more numbers. A number that the readings lack, or
 * that is stale, is `undefined`.
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`: not two readings of one connection in this order, or a
 * wrong option. `ERR_SOCKINFO_OUT_OF_RESOURCES`: the first call reads a file of sockinfo, and no descriptor was free.
 * @example
 * const before = tryGetTcpInfo(socket);
 * const begin = performance.now();
 * await setTimeout(1000);
 * const after = tryGetTcpInfo(socket); // The peer may have gone meanwhile.
 * if (before && after) console.log(diagnoseTcp(before, after, { intervalMs: performance.now() - begin }).sentence);
 * @see tcp(7)
 */
export function diagnoseTcp(before: TcpInfo, after: TcpInfo, options: DiagnoseTcpOptions): TcpDiagnosis {
  const part = loadDiagnosis();
  const result = part instanceof Failure ? part : part.diagnose(before, after, options);
  if (result instanceof Failure) throw result.toError(diagnoseTcp);
  return result;
}
