// getTcpInfoBatch: sources → fds → one native call → rows of bytes. Each row is decoded when the caller reads it.
import { loadAddon } from "../addon/load";
import type { NativeBinding } from "../addon/native-binding";
import { Failure, type SocketInfoError } from "../errors";
import { findSockets, type Found, readFds } from "../source/find-fds";
import { closingLentFds, isLending } from "../source/lent-fd";
import type { SocketSource } from "../source/types";
import { wrongValue } from "../values";
import type { TcpInfoColumn } from "./columns";
import type { FieldList, TcpInfoFields } from "./fields";
import type { Fill } from "./linux-fill";
import { whyNoStruct, whyNotConnected } from "./no-struct";
import { isMptcp } from "./so-protocol";
import { structViews } from "./struct-views";
import { layout } from "./this-system";
import type { TcpInfo } from "./types";

/**
 * TCP_INFO of many connections, read in one moment. Each reading has the index of its source. Every method returns
 * `undefined` for an index past the last. The batch holds the kernel's structs and not the sockets.
 */
export interface TcpInfoBatch {
  /** The number of sources, those that could not be read included. */
  readonly length: number;
  /**
   * Returns what `getTcpInfo` would have returned, or `undefined` if it would have thrown. Each call decodes again.
   */
  get(index: number): TcpInfo | undefined;
  /**
   * Returns what `getTcpInfoBytes` would have returned, also for listening and connecting sockets, or `undefined` if
   * it would have thrown.
   */
  getBytes(index: number): Uint8Array | undefined;
  /** Returns the error that `getTcpInfo` would have thrown, or `undefined` if `get` returns a result. */
  getError(index: number): SocketInfoError | undefined;
}

/**
 * `getsockopt(fd, IPPROTO_TCP, TCP_INFO)` on Linux, `getsockopt(fd, IPPROTO_TCP, TCP_CONNECTION_INFO)` on macOS, for
 * each source, all in one native call. On Linux, the first reading of a connection adds one
 * `getsockopt(fd, SOL_SOCKET, SO_PROTOCOL)`.
 *
 * Does what {@link getTcpInfo} does, for many connections in one moment: no other code of this thread runs between the
 * readings. A source that can't be read (closed, not TCP, a wrong argument) does not stop the others:
 * {@link TcpInfoBatch.getError} returns the reason. A thousand sources take about a millisecond: split longer lists.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` when `sources` is not an array,
 * `…_UNSUPPORTED_PLATFORM`, `…_ADDON_LOAD_FAILED`.
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

/** `getTcpInfoBatch` for the subpaths, which throw their own errors and read columns. */
export function readTcpInfoBatch(sources: readonly unknown[]): TcpInfoRows | Failure {
  if (!Array.isArray(sources)) return wrongValue("sources", "be an array", sources);
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  const found = findSockets(sources);
  // Each descriptor costs one more there, and a process may not have so many.
  const readings = isLending
    ? join(
        found.map((each) => readRows(binding, [each])),
        binding.buffer.byteLength,
      )
    : readRows(binding, found);
  return readings instanceof Failure ? readings : new TcpInfoRows(readings);
}

const readRows = closingLentFds((binding: NativeBinding, found: readonly Found[]): Readings | Failure => {
  const { fds, failures, handles } = readFds(found);
  // The native call replaces each descriptor with the length of its struct.
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
  return { failures, lengths, rows, areMptcp, rowBytes: binding.buffer.byteLength };
});

/** Joins the readings of one source each. */
function join(readings: readonly (Readings | Failure)[], rowBytes: number): Readings | Failure {
  const failures = new Map<number, Failure>();
  const lengths = new Int32Array(readings.length);
  const rows = new Uint8Array(readings.length * rowBytes);
  const areMptcp: (boolean | undefined)[] = [];
  for (const [index, reading] of readings.entries()) {
    if (reading instanceof Failure) return reading;
    const failure = reading.failures.get(0);
    if (failure) failures.set(index, failure);
    lengths.set(reading.lengths, index);
    rows.set(reading.rows, index * rowBytes);
    areMptcp.push(...reading.areMptcp);
  }
  return { failures, lengths, rows, areMptcp, rowBytes };
}

/** The result of one native call, by the index of the source. */
interface Readings {
  /** Why a source has no struct. */
  readonly failures: ReadonlyMap<number, Failure>;
  /** The length of the struct in each row, or a negative error number. */
  readonly lengths: Int32Array;
  readonly rows: Uint8Array<ArrayBuffer>;
  readonly areMptcp: readonly (boolean | undefined)[];
  readonly rowBytes: number;
}

/** The structs as the kernel has written them, in consecutive rows of one length. */
export class TcpInfoRows implements TcpInfoBatch {
  readonly length: number;
  /** For how many indexes `get` returns a result. */
  readonly readableCount: number;
  readonly #readings: Readings;
  /**
   * How much of each struct the kernel has filled in, or `undefined` where `get` returns `undefined`. Kept for the
   * columns.
   */
  readonly #fills: readonly (Fill | undefined)[];
  /** All rows. */
  readonly #u8: Uint8Array<ArrayBuffer>;
  /** The same buffer, as words. */
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

  /** `get` for some properties only. */
  getFields(index: number, fields: FieldList): Partial<TcpInfoFields> | undefined {
    if (this.#fills[index] === undefined) return undefined;
    const { lengths, rowBytes, areMptcp } = this.#readings;
    const views = structViews(this.#u8.buffer, lengths[index] as number, index * rowBytes);
    return layout.decodeFields(views, fields, areMptcp[index]);
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

  /** One property of every reading, `NaN` where there is no value. Costs a fraction of decoding the whole structs. */
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
