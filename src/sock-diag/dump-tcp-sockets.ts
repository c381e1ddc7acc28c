// dumpTcpSockets and dumpAllTcpSockets: the TCP sockets of one local port, or of all, by a thread of libuv's pool.
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
import { readColumns, type TcpSocketColumn } from "./columns";
import { loadSockDiag, whyNoAnswer } from "./failure";
import type { TcpEndpoint } from "./socket-id";
import { decodeSocketRow, endpointsAt, SOCKET_ROW_BYTES, type TcpSocketRow } from "./socket-row";

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
  return dump(port, options);
}

/**
 * The same for all local ports: every TCP socket of this network namespace. With 50,000 sockets that takes a tenth of
 * a second on the thread, and 23 MB.
 *
 * @returns A promise of the sockets or of a `Failure`, as of `findTcpSocket`. It never rejects.
 * @example
 * const dump = await dumpAllTcpSockets({ states: ["LISTEN"] });
 * if (!(dump instanceof Failure)) console.log(dump.getColumns(["localPort", "droppedSyns"]));
 * @see sock_diag(7)
 */
export async function dumpAllTcpSockets(options: DumpOptions = {}): Promise<TcpSocketDump | Failure> {
  return dump(ANY_PORT, options);
}

const ANY_PORT = 0;

async function dump(port: number, options: DumpOptions): Promise<TcpSocketDump | Failure> {
  const checked = readOptions("options", options, OPTIONS);
  if (checked instanceof Failure) return checked;
  const { states = STATES, maxSockets = 100_000 } = checked;
  const binding = loadSockDiag();
  if (binding instanceof Failure) return binding;
  const answer = await new Promise<SocketDump | number>((resolve) => {
    const errno = binding.dumpTcpSockets(port, bitsOf(states), maxSockets, resolve);
    if (errno < 0) resolve(errno);
  });
  return typeof answer === "number" ? whyNoAnswer(answer) : new TcpSocketDump(answer);
}

function bitsOf(states: readonly TcpState[]): number {
  return states.reduce((bits, state) => bits | (1 << STATE_NAMES.indexOf(state)), 0);
}

/** The sockets of a dump, as the kernel has written them. They are decoded when they are read. */
export class TcpSocketDump {
  readonly length: number;
  /** There are more sockets than `maxSockets`. */
  readonly isTruncated: boolean;
  /** The kernel reports that its table changed. Sockets may be missing, or be there twice. */
  readonly isInterrupted: boolean;
  readonly #rows: ArrayBuffer;

  constructor({ rows, isTruncated, isInterrupted }: SocketDump) {
    this.length = rows.byteLength / SOCKET_ROW_BYTES;
    this.isTruncated = isTruncated;
    this.isInterrupted = isInterrupted;
    this.#rows = rows;
  }

  get(index: number): TcpSocketRow | undefined {
    return this.#has(index) ? decodeSocketRow(this.#rows, index * SOCKET_ROW_BYTES) : undefined;
  }

  /** The addresses alone, which take a tenth of the time of `get`. */
  getEndpoints(index: number): { readonly local: TcpEndpoint; readonly remote: TcpEndpoint } | undefined {
    return this.#has(index) ? endpointsAt(this.#rows, index * SOCKET_ROW_BYTES) : undefined;
  }

  /**
   * Single numbers of all sockets: one array for each name, in the order of the sockets, with NaN where `get` has
   * `undefined`. Takes some nanoseconds for each number, a hundredth of the time of `get`.
   *
   * `state` is an index of `STATE_NAMES`. `cookie` is a number, which is exact, because the kernel counts cookies from
   * 1 on. It would be 0 from 2^53 on. A socket has the same cookie in each dump, and no other socket ever gets it.
   *
   * @example
   * const { cookie, bytesAcked } = dump.getColumns(["cookie", "bytesAcked"]);
   */
  getColumns<Name extends TcpSocketColumn>(names: readonly Name[]): Readonly<Record<Name, Float64Array>> {
    return readColumns(this.#rows, names);
  }

  #has(index: number): boolean {
    return Number.isInteger(index) && index >= 0 && index < this.length;
  }
}
