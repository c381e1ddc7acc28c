// dumpTcpSockets: all TCP sockets with one local port, by a thread of libuv's pool.
import type { SocketDump } from "../addon/native-binding";
import {
  Failure,
  readInteger,
  readListOf,
  readOneOf,
  readOptions,
  type Readers,
  STATE_NAMES,
  type TcpState,
  wrongValue,
} from "../core";
import { loadSockDiag, whyNoAnswer } from "./failure";
import { cookieAt, decodeSocketRow, SOCKET_ROW_BYTES, tcpInfoBytesAt, type TcpSocketRow } from "./socket-row";

export interface DumpOptions {
  /** Default: all states, TIME_WAIT and LISTEN included. */
  readonly states?: readonly TcpState[] | undefined;
  /** The dump ends there, and `isTruncated` says so. Each socket takes 456 bytes. Default: 100,000. */
  readonly maxSockets?: number | undefined;
}

const STATES = STATE_NAMES.filter((name) => name !== undefined);

const OPTIONS: Readers<DumpOptions> = { states: readListOf(readOneOf(...STATES)), maxSockets: readInteger(1_000_000) };

/**
 * `sock_diag(7)`, SOCK_DIAG_BY_FAMILY with NLM_F_DUMP, for IPv4 and IPv6. The kernel leaves out the sockets of other
 * ports. Sockets of other processes in this network namespace are included.
 *
 * Walks the kernel's table of all sockets: a millisecond, or tens of milliseconds on a host with 100,000 of them. That
 * work is done on a thread of libuv's pool. A socket that opens, closes or changes its state meanwhile may be missing,
 * or be there twice.
 *
 * @returns A promise of the sockets or of a `Failure`, as of `findTcpSocket`. It never rejects.
 * @example
 * const dump = await dumpTcpSockets(443, { states: ["ESTABLISHED"] });
 * if (!(dump instanceof Failure)) for (let i = 0; i < dump.length; i++) console.log(dump.get(i)?.remote);
 * @see sock_diag(7)
 */
export async function dumpTcpSockets(port: number, options: DumpOptions = {}): Promise<TcpSocketDump | Failure> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    return wrongValue("port", "be an integer from 1 to 65535", port);
  const checked = readOptions("options", options, OPTIONS);
  if (checked instanceof Failure) return checked;
  const { states = STATES, maxSockets = 100_000 } = checked;
  const binding = loadSockDiag();
  if (binding instanceof Failure) return binding;
  const dump = await new Promise<SocketDump | number>((resolve) => {
    const errno = binding.dumpTcpSockets(port, bitsOf(states), maxSockets, resolve);
    if (errno < 0) resolve(errno);
  });
  return typeof dump === "number" ? whyNoAnswer(dump) : new TcpSocketDump(dump);
}

function bitsOf(states: readonly TcpState[]): number {
  return states.reduce((bits, state) => bits | (1 << STATE_NAMES.indexOf(state)), 0);
}

/** The sockets of one port, as the kernel has written them. They are decoded when they are read. */
export class TcpSocketDump {
  readonly length: number;
  /** There are more sockets than `maxSockets`. */
  readonly isTruncated: boolean;
  /** The kernel reports that its table changed. Sockets may be missing, or be there twice. */
  readonly isInterrupted: boolean;
  readonly #rows: ArrayBuffer;

  constructor({
    rows,
    isTruncated,
    isInterrupted,
  }: {
    rows: ArrayBuffer;
    isTruncated: boolean;
    isInterrupted: boolean;
  }) {
    this.length = rows.byteLength / SOCKET_ROW_BYTES;
    this.isTruncated = isTruncated;
    this.isInterrupted = isInterrupted;
    this.#rows = rows;
  }

  get(index: number): TcpSocketRow | undefined {
    return this.#has(index) ? decodeSocketRow(this.#rows, index * SOCKET_ROW_BYTES) : undefined;
  }

  /** The cookie alone, to find the own sockets among those of other processes. */
  getCookie(index: number): bigint | undefined {
    return this.#has(index) ? cookieAt(this.#rows, index * SOCKET_ROW_BYTES) : undefined;
  }

  /** The bytes that `decodeTcpInfo` decodes. `undefined` for a socket without TCP_INFO. */
  getTcpInfoBytes(index: number): Uint8Array | undefined {
    return this.#has(index) ? tcpInfoBytesAt(this.#rows, index * SOCKET_ROW_BYTES)?.slice() : undefined;
  }

  #has(index: number): boolean {
    return Number.isInteger(index) && index >= 0 && index < this.length;
  }
}
