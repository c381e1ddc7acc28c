// getTcpInfoBatch: sources → fds → one native call → rows of bytes. Each row is decoded when it is asked for, by the layout of
// this-system.ts.
import { loadAddon } from "../addon/load";
import { Failure, type SocketInfoError } from "../errors";
import { findFds } from "../source/find-fds";
import type { SocketSource } from "../source/types";
import { wrongValue } from "../values";
import type { TcpInfoColumn } from "./columns";
import { isMptcp } from "./is-mptcp";
import type { Fill } from "./linux-fill";
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
 * `getsockopt(fd, IPPROTO_TCP, TCP_INFO)` for each, on macOS `getsockopt(fd, IPPROTO_TCP, TCP_CONNECTION_INFO)`. On
 * Linux, the first reading of a connection adds one `getsockopt(fd, SOL_SOCKET, SO_PROTOCOL)`.
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

/** For the subpaths, which throw by themselves, and read columns. */
export function readTcpInfoBatch(sources: readonly unknown[]): TcpInfoRows | Failure {
  if (!Array.isArray(sources)) return wrongValue("sources", "be an array", sources);
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  const fds = new Int32Array(sources.length);
  const { failures, handles } = findFds(sources, fds);
  // The native call replaces each descriptor by the length of its answer.
  const lengths = fds.slice();
  const rows = new Uint8Array(fds.length * binding.buffer.byteLength);
  const errno = binding.tcpInfoRows(lengths, rows);
  if (errno < 0) return Failure.ofSystem(errno, "getsockopt");
  const areMptcp = handles.map((handle, index) => {
    const [fd, length] = [fds[index] as number, lengths[index] as number];
    if (length >= 0) return isMptcp(binding, fd, handle);
    if (!failures.has(index)) failures.set(index, whyNoStruct(binding, length, fd));
    return undefined;
  });
  return new TcpInfoRows({ failures, lengths, rows, areMptcp, rowBytes: binding.buffer.byteLength });
}

/** What one native call has read, by the index of the source. */
interface Readings {
  /** Why there is no struct. */
  readonly failures: ReadonlyMap<number, Failure>;
  /** Of the struct in each row, or a negative error number. */
  readonly lengths: Int32Array;
  readonly rows: Uint8Array<ArrayBuffer>;
  readonly areMptcp: readonly (boolean | undefined)[];
  readonly rowBytes: number;
}

/** The structs as the kernel has written them, one after the other, each in a row of the same length. */
export class TcpInfoRows implements TcpInfoBatch {
  readonly length: number;
  /** How many `get` has an answer for. */
  readonly readableCount: number;
  readonly #readings: Readings;
  /** How much of each struct is filled in; `undefined` where `get` has no answer. Looked up by every column. */
  readonly #fills: readonly (Fill | undefined)[];
  readonly #u8: Uint8Array<ArrayBuffer>;
  /** Of the same buffer. */
  readonly #u32: Uint32Array;

  constructor(readings: Readings) {
    const { lengths, rows, rowBytes } = readings;
    this.length = lengths.length;
    this.#readings = readings;
    this.#u8 = rows;
    this.#u32 = new Uint32Array(rows.buffer);
    this.#fills = Array.from(lengths, (length, index) => {
      if (length < 0 || this.#whyNotConnected(index)) return undefined;
      return layout.readFill(this.#u8, this.#u32, index * rowBytes, length);
    });
    this.readableCount = this.#fills.filter((fill) => fill !== undefined).length;
  }

  get(index: number): TcpInfo | undefined {
    if (this.#fills[index] === undefined) return undefined;
    const { lengths, rowBytes, areMptcp } = this.#readings;
    return layout.decode(structViews(this.#u8.buffer, lengths[index] as number, index * rowBytes), areMptcp[index]);
  }

  getBytes(index: number): Uint8Array | undefined {
    const { lengths, rowBytes } = this.#readings;
    const length = lengths[index] ?? -1;
    const start = index * rowBytes;
    return length < 0 ? undefined : this.#u8.slice(start, start + length);
  }

  getError(index: number): SocketInfoError | undefined {
    const { failures, lengths } = this.#readings;
    if (lengths[index] === undefined) return undefined;
    const failure = failures.get(index) ?? this.#whyNotConnected(index);
    return failure?.toError(this.getError);
  }

  /** One property of all, `NaN` where `get` has none. Costs a fraction of decoding everything else with it. */
  column(name: TcpInfoColumn): Float64Array {
    const { endBytes, read } = layout.columns[name];
    const { lengths, rowBytes } = this.#readings;
    const [u32, rowWords, fills] = [this.#u32, rowBytes / 4, this.#fills];
    const column = new Float64Array(this.length).fill(NaN);
    for (let index = 0; index < column.length; index++) {
      const fill = fills[index];
      if ((fill !== "whole" && fill !== "part") || (lengths[index] as number) < endBytes) continue;
      const value = read(u32, index * rowWords);
      if (value !== undefined && (value !== 0 || fill === "whole")) column[index] = value;
    }
    return column;
  }

  #whyNotConnected(index: number): Failure | undefined {
    return whyNotConnected(layout.readState(this.#u8, index * this.#readings.rowBytes));
  }
}
