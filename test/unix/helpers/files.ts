// Files at and beside the paths of sockets, and what the system shows of them.
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { dirname } from "node:path";
import { binding } from "../../helpers/binding";

/** Everything that differs after a change of the file. */
export function stateOf(path: string): object {
  const stats = lstatSync(path, { bigint: true });
  const { dev, ino, mode, uid, gid, nlink, size, mtimeNs, ctimeNs } = stats;
  const link = stats.isSymbolicLink() && readlinkSync(path);
  const contents = stats.isFile() && readFileSync(path, "utf8");
  const names = stats.isDirectory() && readdirSync(path);
  return { dev, ino, mode, uid, gid, nlink, size, mtimeNs, ctimeNs, link, contents, names };
}

/** Owner, group and mode: `"1234:2345 600"`. */
export function accessOf(path: string): string {
  const { uid, gid, mode } = lstatSync(path);
  return `${uid}:${gid} ${(mode & 0o7777).toString(8).padStart(3, "0")}`;
}

/** The names of all files in the folder of `path`. */
export function besides(path: string): string[] {
  return readdirSync(dirname(path)).toSorted();
}

/** Makes a stale socket, as kill -9 leaves it. */
export function leaveSocket(path: string): void {
  const fd = binding.openUnixSocket();
  const error = binding.bindUnix(fd, Buffer.from(path));
  binding.closeDescriptor(fd);
  if (error !== 0) throw new Error(`bind: ${error}`);
}

/**
 * This process's descriptors, each with its file. Not a count, because descriptors of earlier tests are still being
 * closed.
 */
export function descriptors(): Set<string> {
  return new Set(readdirSync("/proc/self/fd").flatMap((fd) => describeDescriptor(fd)));
}

export function openedSince(before: ReadonlySet<string>): string[] {
  return [...descriptors()].filter((one) => !before.has(one));
}

/** Empty if the descriptor is closed by now, as the one of readdir() is. */
function describeDescriptor(fd: string): string | [] {
  try {
    return `${fd} ${readlinkSync(`/proc/self/fd/${fd}`)}`;
  } catch {
    return [];
  }
}

/** How many sockets listen under this name, by the kernel's list. It has @ for the 0 of an abstract name. */
export function countListeners(name: string): number {
  const lines = readFileSync("/proc/net/unix", "utf8").split("\n");
  // __SO_ACCEPTCON in the column of flags.
  return lines.filter((line) => line.endsWith(` ${name.replace("\0", "@")}`) && line.includes(" 00010000 ")).length;
}
