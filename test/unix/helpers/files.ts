// Files where sockets are to be, and what the system says of them.
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { dirname } from "node:path";
import { binding } from "../../helpers/binding";

/** All that a change would change. */
export function stateOf(path: string): object {
  const stats = lstatSync(path, { bigint: true });
  const { dev, ino, mode, uid, gid, nlink, size, mtimeNs, ctimeNs } = stats;
  const link = stats.isSymbolicLink() && readlinkSync(path);
  const contents = stats.isFile() && readFileSync(path, "utf8");
  const names = stats.isDirectory() && readdirSync(path);
  return { dev, ino, mode, uid, gid, nlink, size, mtimeNs, ctimeNs, link, contents, names };
}

/** Whom it belongs to and who may use it: `"1234:2345 600"`. */
export function accessOf(path: string): string {
  const { uid, gid, mode } = lstatSync(path);
  return `${uid}:${gid} ${(mode & 0o7777).toString(8).padStart(3, "0")}`;
}

/** All that is in the folder of `path`. */
export function besides(path: string): string[] {
  return readdirSync(dirname(path)).toSorted();
}

/** A socket that is bound and on which nobody listens, as kill -9 leaves it. */
export function leaveSocket(path: string): void {
  const fd = binding.openUnixSocket();
  const error = binding.bindUnix(fd, Buffer.from(path));
  binding.closeDescriptor(fd);
  if (error !== 0) throw new Error(`bind: ${error}`);
}

/** This process's, each with what it is open for: not a count, as those of earlier tests are still closed meanwhile. */
export function descriptors(): Set<string> {
  return new Set(readdirSync("/proc/self/fd").flatMap((fd) => describeDescriptor(fd)));
}

export function openedSince(before: ReadonlySet<string>): string[] {
  return [...descriptors()].filter((one) => !before.has(one));
}

/** Nothing where it is closed by now, as that of readdir() itself. */
function describeDescriptor(fd: string): string | [] {
  try {
    return `${fd} ${readlinkSync(`/proc/self/fd/${fd}`)}`;
  } catch {
    return [];
  }
}

/** Sockets that listen under this name, as the kernel lists them: it writes @ for the 0 of an abstract one. */
export function countListeners(name: string): number {
  const lines = readFileSync("/proc/net/unix", "utf8").split("\n");
  // Its column of flags: __SO_ACCEPTCON.
  return lines.filter((line) => line.endsWith(` ${name.replace("\0", "@")}`) && line.includes(" 00010000 ")).length;
}
