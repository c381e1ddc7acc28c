// getTcpInfoBatch: sources → fds → one native call → rows of bytes. Each row is decoded when it is asked for, by the layout of
// this-system.ts.
import { loadAddon } from "../addon/load";
import type { NativeBinding } from "../addon/native-binding";
import { Failure, type SocketInfoError } from "../errors";
import { findFds } from "../source/find-fds";
import type { SocketSource } from "../source/types";
import { wrongValue } from "../values";
import type { TcpInfoColumn } from "./columns";
import { structViews } from "./struct-views";
import { layout, whyNoStruct, whyNotConnected } from "./this-system";
import type { TcpInfo } from "./types";

/**
 * What the kernel said of many connections, in one moment. Each has the index of its source; beyond the last everything is
 * `undefined`. It holds the kernel's structs, not the sockets.
 */
export interface TcpInfoBatch {
  /** How many sources there were, those that could not be read included. */
  readonly length: number;
  /** As `getTcpInfo` would have given it; `undefined` where that would have thrown. Decoded anew in each call. */
  get(index: number): TcpInfo | undefined;
  /** As `getTcpInfoBytes` would have given it, for listeners and connecting sockets too; `undefined` where that would have thrown. */
  getBytes(index: number): Uint8Array | undefined;
  /** What `getTcpInfo` would have thrown; `undefined` where `get` has an answer. */
  getError(index: number): SocketInfoError | undefined;
}

/**
 * {@link getTcpInfo} of many connections: one native call, in which nothing else of this process runs, with one
 * `getsockopt(fd, IPPROTO_TCP, TCP_INFO)` for each, on macOS `getsockopt(fd, IPPROTO_TCP, TCP_CONNECTION_INFO)`.
 *
 * A source that can't be read, be it closed, no TCP or a wrong argument, does not keep the others from being read:
 * {@link TcpInfoBatch.getError} has the reason. A thousand take about a millisecond: cut up what is longer.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` when `sources` is not an array, `…_UNSUPPORTED_PLATFORM`,
 * `…_ADDON_LOAD_FAILED`.
 * @example
 * const batch = getTcpInfoBatch(sockets);
 * const rtts = sockets.map((_socket, index) => batch.get(index)?.rttMs);
 * @see tcp(7)
 */
export function getTcpInfoBatch(sources: readonly SocketSource[]): TcpInfoBatch {
  const batch = readTcpInfoBatch(sources);
  if (batch instanceof Failure) throw batch.toError(getTcpInfoBatch);
  return batch;
}

/** For the rings, which throw by themselves, and read columns. */
export function readTcpInfoBatch(sources: readonly unknown[]): TcpInfoRows | Failure {
  if (!Array.isArray(sources)) return wrongValue("sources", "be an array", sources);
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  const fds = new Int32Array(sources.length);
  const failures = findFds(sources, fds);
  const rows = new Uint8Array(fds.length * binding.buffer.byteLength);
  const errno = binding.tcpInfoRows(fds, rows);
  return errno < 0 ? Failure.ofSystem(errno, "getsockopt") : new TcpInfoRows(binding, failures, fds, rows);
}

/** The structs as the kernel has written them, one behind the other, each in a row of the same length. */
export class TcpInfoRows implements TcpInfoBatch {
  readonly length: number;
  /** How many `get` has an answer for. */
  readonly readableCount: number;
  readonly #binding: NativeBinding;
  readonly #failures: ReadonlyMap<number, Failure>;
  /** Of the struct in each row, or a negative error number. */
  readonly #lengths: Int32Array;
  /** 1 where `get` has an answer. Looked up by every column. */
  readonly #isReadable: Uint8Array;
  readonly #rowBytes: number;
  readonly #u8: Uint8Array;
  /** Of the same buffer. */
  readonly #u32: Uint32Array;

  constructor(binding: NativeBinding, failures: ReadonlyMap<number, Failure>, lengths: Int32Array, rows: Uint8Array) {
    this.length = lengths.length;
    this.#binding = binding;
    this.#failures = failures;
    this.#lengths = lengths;
    this.#rowBytes = binding.buffer.byteLength;
    this.#u8 = rows;
    this.#u32 = new Uint32Array(rows.buffer);
    this.#isReadable = new Uint8Array(this.length);
    let count = 0;
    for (let index = 0; index < this.length; index++) {
      if ((lengths[index] as number) < 0 || this.#whyNotConnected(index)) continue;
      this.#isReadable[index] = 1;
      count++;
    }
    this.readableCount = count;
  }

  get(index: number): TcpInfo | undefined {
    if (this.#isReadable[index] !== 1) return undefined;
    return layout.decode(structViews(this.#u8.buffer, this.#lengths[index] as number, index * this.#rowBytes));
  }

  getBytes(index: number): Uint8Array | undefined {
    const length = this.#lengths[index] ?? -1;
    const start = index * this.#rowBytes;
    return length < 0 ? undefined : this.#u8.slice(start, start + length);
  }

  getError(index: number): SocketInfoError | undefined {
    const length = this.#lengths[index];
    if (length === undefined) return undefined;
    const failure = length < 0 ? this.#whyNoStruct(index, length) : this.#whyNotConnected(index);
    return failure?.toError(this.getError);
  }

  /** One property of all, `NaN` where `get` has none. Costs a fraction of decoding everything else with it. */
  column(name: TcpInfoColumn): Float64Array {
    const { endBytes, read } = layout.columns[name];
    const [u32, rowWords, lengths, isReadable] = [this.#u32, this.#rowBytes / 4, this.#lengths, this.#isReadable];
    const column = new Float64Array(this.length).fill(NaN);
    for (let index = 0; index < column.length; index++) {
      const isThere = isReadable[index] === 1 && (lengths[index] as number) >= endBytes;
      if (isThere) column[index] = read(u32, index * rowWords) ?? NaN;
    }
    return column;
  }

  #whyNoStruct(index: number, errno: number): Failure {
    return this.#failures.get(index) ?? whyNoStruct(this.#binding, errno);
  }

  #whyNotConnected(index: number): Failure | undefined {
    return whyNotConnected(layout.readState(this.#u8, index * this.#rowBytes));
  }
}
