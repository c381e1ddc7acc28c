// The name of a Unix socket as the user writes it, and the sockets that are bound to it.
import { type BigIntStats, statSync } from "node:fs";
import { resolve } from "node:path";
import type { UnixSocketFile, UnixSocketRow } from "../core";
import { UsageError } from "./command";

export interface UnixName {
  /** The bytes that bind(2) may have got. */
  readonly names: readonly Buffer[];
  /** The file of a path, if it can be found. */
  readonly file: UnixSocketFile | undefined;
}

/**
 * "@name" is abstract, as ss(8) writes it, and "./@name" a path.
 *
 * @throws A `UsageError` for an empty name, and for a path that is no socket.
 */
export function readUnixName(text: string): UnixName {
  if (text === "" || text === "@") throw new UsageError(`"${text}" is no path and no @name`);
  if (text.startsWith("@")) return { names: [Buffer.from(`\0${text.slice(1)}`)], file: undefined };
  return { names: [Buffer.from(text), Buffer.from(resolve(text))], file: findFile(text) };
}

function findFile(path: string): UnixSocketFile | undefined {
  const stats = tryStat(path);
  if (stats === undefined) return undefined;
  if (!stats.isSocket()) throw new UsageError(`"${path}" is no Unix socket`);
  const { ino, dev } = stats;
  // makedev(3) of glibc and musl.
  const deviceMajor = Number((dev >> 8n) & 0xfffn);
  const deviceMinor = Number((dev & 0xffn) | ((dev >> 12n) & 0xf_ff00n));
  return { inode: Number(ino & 0xffff_ffffn), deviceMajor, deviceMinor };
}

function tryStat(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    // It was removed, or may not be looked up. The servers that have it may be known by its name.
    return undefined;
  }
}

/**
 * The sockets with that file. Another file may have had the same path before, or may have it in a container. Where no
 * socket has the file, because the file system has other numbers for the kernel (btrfs), the name decides.
 */
export function findBound({ names, file }: UnixName, sockets: readonly UnixSocketRow[]): UnixSocketRow[] {
  const byFile = file === undefined ? [] : sockets.filter((socket) => isSameFile(socket.file, file));
  return byFile.length > 0 ? byFile : sockets.filter(({ name }) => names.some((each) => isSameName(name, each)));
}

function isSameFile(one: UnixSocketFile | undefined, other: UnixSocketFile): boolean {
  return one?.inode === other.inode && one.deviceMajor === other.deviceMajor && one.deviceMinor === other.deviceMinor;
}

/** Many programs pass the whole of sun_path for an abstract name, which then ends with zeros. */
function isSameName(bound: Uint8Array | undefined, name: Buffer): boolean {
  if (bound === undefined || bound.length < name.length) return false;
  const [start, rest] = [bound.subarray(0, name.length), bound.subarray(name.length)];
  return name.equals(start) && rest.every((byte) => byte === 0);
}
