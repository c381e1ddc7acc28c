// Sets owner and mode of a socket's file before any client can connect, and checks that the file system keeps them.
// Removes the file only if it is still the same, by device and inode.
import { closeSync, constants, fstatSync, lchownSync, openSync, unlinkSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import { Failure, type NativeBinding } from "../../core";
import { lstat } from "./lstat";
import { setModeOfFile, setModeOfPath } from "./set-mode";
import { attempt } from "./system-failure";

export interface Access {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Unique while the socket is open, because the socket keeps the inode, even after the file has lost its name. */
export interface FileId {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** Works on the file by its descriptor or by its path. None of the functions follows a link. */
interface SocketFile {
  readonly stat: () => BigIntStats | Failure;
  readonly setOwner: (access: Access) => Failure | undefined;
  readonly setMode: (access: Access) => Failure | undefined;
}

/** Linux only. node:fs does not define it. */
export const O_PATH = 0o10_000_000;

/** Follows no link, because another process may have put one there. Changes only a socket of this process's user. */
export function setOwnerAndMode(binding: NativeBinding, file: string, access: Access): FileId | Failure {
  if (binding.platform !== "linux") return change(file, byPath(binding, file), access);
  const fd = attempt(file, () => openSync(file, O_PATH | constants.O_NOFOLLOW));
  if (fd instanceof Failure) {
    removeUnopened(file);
    return fd;
  }
  try {
    return change(file, byDescriptor(binding, file, fd), access);
  } finally {
    closeSync(fd);
  }
}

function byDescriptor(binding: NativeBinding, file: string, fd: number): SocketFile {
  return {
    stat: () => attempt(file, () => fstatSync(fd, { bigint: true })),
    setOwner: ({ uid, gid }) => failureOf(binding.setOwnerOfFile(fd, uid, gid), "fchownat", file),
    setMode: ({ mode }) => setModeOfFile(binding, file, fd, mode),
  };
}

function byPath(binding: NativeBinding, file: string): SocketFile {
  return {
    stat: () => attempt(file, () => lstat(file)),
    setOwner: ({ uid, gid }) => {
      const changed = attempt(file, () => lchownSync(file, uid, gid));
      return changed instanceof Failure ? changed : undefined;
    },
    setMode: ({ mode }) => setModeOfPath(binding, file, mode),
  };
}

function failureOf(error: number, syscall: string, file: string): Failure | undefined {
  return error < 0 ? Failure.ofSystem(error, syscall, file) : undefined;
}

/**
 * For a file that could not be opened, for instance because no descriptor is free. It is ours, because it was bound
 * just now, under the lock.
 */
function removeUnopened(file: string): void {
  const stats = attempt(file, () => lstat(file));
  if (!(stats instanceof Failure) && isOwn(stats)) removeIfSame(file, stats);
}

function change(file: string, socketFile: SocketFile, access: Access): FileId | Failure {
  const made = socketFile.stat();
  if (made instanceof Failure) return made;
  if (!isOwn(made)) return refuseReplaced(file);
  const failure =
    (hasOwner(made, access) ? undefined : socketFile.setOwner(access)) ??
    (hasMode(made, access) ? undefined : socketFile.setMode(access)) ??
    check(file, socketFile, made, access);
  if (failure) removeIfSame(file, made);
  return failure ?? { dev: made.dev, ino: made.ino };
}

/** Some file systems ignore chown() or chmod() without an error, or show all files with one owner and mode. */
function check(file: string, socketFile: SocketFile, made: BigIntStats, access: Access): Failure | undefined {
  const now = socketFile.stat();
  if (now instanceof Failure) return now;
  if (!isSame(now, made)) return refuseReplaced(file);
  if (hasOwner(now, access) && hasMode(now, access)) return undefined;
  const wanted = `user ${access.uid}, group ${access.gid} and mode ${access.mode.toString(8)}`;
  const shown = `user ${now.uid}, group ${now.gid} and mode ${(now.mode & 0o7777n).toString(8)}`;
  const detail = `${file} was set to ${wanted}, and shows ${shown}. Choose a path on another file system`;
  return Failure.of("ERR_SOCKINFO_UNSUPPORTED_FILE_SYSTEM", detail);
}

function refuseReplaced(file: string): Failure {
  return Failure.of("ERR_SOCKINFO_SOCKET_CLOSED", `another process has replaced the file of the new socket at ${file}`);
}

/** This is reliable, because lock-file.ts has checked that the file system shows this process's files as its own. */
function isOwn(stats: BigIntStats): boolean {
  return stats.isSocket() && Number(stats.uid) === process.geteuid?.();
}

/** Checked first, because a file that has this owner already can stay as it is, and needs no right to chown(). */
function hasOwner(stats: BigIntStats, { uid, gid }: Access): boolean {
  return Number(stats.uid) === uid && Number(stats.gid) === gid;
}

function hasMode(stats: BigIntStats, { mode }: Access): boolean {
  return Number(stats.mode & 0o7777n) === mode;
}

function isSame(a: FileId, b: FileId): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** Call it only while the socket is open. If another process has put a file there, that file stays. */
export function removeIfSame(file: string, id: FileId): void {
  const stats = attempt(file, () => lstat(file));
  if (stats instanceof Failure || !isSame(stats, id)) return;
  // This fails if the process has dropped its rights. Then the next daemon finds a stale socket.
  attempt(file, () => unlinkSync(file));
}
