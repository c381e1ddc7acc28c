// dumpUnixSockets: all Unix sockets of the network namespace, by a thread of libuv's pool.
import type { SocketDump } from "../addon/native-binding";
import { Failure } from "../core";
import { loadSockDiag, whyNoAnswer } from "./failure";
import { decodeUnixRow, UNIX_ROW_BYTES, type UnixSocketRow } from "./unix-socket-row";

export interface UnixSocketDump {
  readonly sockets: readonly UnixSocketRow[];
  /** There are more than 100,000 sockets. */
  readonly isTruncated: boolean;
  /** The kernel reports that its table changed. Sockets may be missing, or be there twice. */
  readonly isInterrupted: boolean;
}

const MAX_SOCKETS = 100_000;

/**
 * `sock_diag(7)`, SOCK_DIAG_BY_FAMILY with NLM_F_DUMP, for AF_UNIX. Sockets of other processes and of other users in
 * this network namespace are included, those in other mount namespaces, too. Takes milliseconds, on a thread of
 * libuv's pool.
 *
 * @returns A promise of the sockets or of a `Failure`: `ERR_SOCKINFO_UNSUPPORTED_PLATFORM`, `…_UNSUPPORTED_KERNEL` (it
 * lacks unix_diag), `…_SYSTEM_CALL_DENIED` (a sandbox), `…_OUT_OF_RESOURCES`, `…_ADDON_LOAD_FAILED`, or a system error.
 * It never rejects.
 * @example
 * const dump = await dumpUnixSockets();
 * if (!(dump instanceof Failure)) console.log(dump.sockets.filter(({ state }) => state === "LISTEN"));
 * @see sock_diag(7)
 */
export async function dumpUnixSockets(): Promise<UnixSocketDump | Failure> {
  const binding = loadSockDiag();
  if (binding instanceof Failure) return binding;
  const dump = await new Promise<SocketDump | number>((resolve) => {
    const errno = binding.dumpUnixSockets(MAX_SOCKETS, resolve);
    if (errno < 0) resolve(errno);
  });
  if (typeof dump === "number") return whyNoAnswer(dump, "unix_diag");
  const { rows, isTruncated, isInterrupted } = dump;
  const sockets = Array.from({ length: rows.byteLength / UNIX_ROW_BYTES }, (_, index) =>
    decodeUnixRow(rows, index * UNIX_ROW_BYTES),
  );
  return { sockets, isTruncated, isInterrupted };
}
