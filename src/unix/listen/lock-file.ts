// Opens, locks and removes the file `<path>.lock`. No other user may be able to open it, because every user that can
// open a file can lock it. The alternatives are worse. A folder can be locked by every user that may read it. An
// abstract name can be taken by every process of the network namespace, and containers that share a folder do not
// share that name.
import { closeSync, constants, fchmodSync, fstatSync, openSync, unlinkSync, type BigIntStats } from "node:fs";
import { dirname } from "node:path";
import { Failure, type NativeBinding } from "../../core";
import { kindOf } from "./file-kind";
import { lstat } from "./lstat";
import { setModeOfFile, setModeOfPath } from "./set-mode";
import { O_PATH } from "./socket-file";
import { attempt } from "./system-failure";

/** These flags follow no link, and do not wait for the other end of a FIFO. */
const OPEN_FLAGS = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The owner must be able to read and write the file. */
const OWNER_BITS = 0o600n;

/**
 * Returns a descriptor that holds the lock. `undefined` if another process has it, or if the file changed meanwhile.
 */
export function tryToLock(binding: NativeBinding, path: string): number | Failure | undefined {
  const fd = openLock(binding, path);
  if (typeof fd !== "number") return fd;
  const error = binding.tryLock(fd);
  // The previous holder may have removed the file after it was opened here. Locking it would keep no process out.
  if (error === 0 && isStillThere(fd, path)) return fd;
  closeSync(fd);
  return error === 0 || -error === binding.errno.EWOULDBLOCK ? undefined : Failure.ofSystem(error, "flock", path);
}

/** Removes the file while it is still locked, so that no other process can have locked it before. */
export function unlock(path: string, fd: number): void {
  removeOpened(fd, path);
  closeSync(fd);
}

function openLock(binding: NativeBinding, path: string): number | Failure | undefined {
  const stats = attempt(path, () => lstat(path));
  if (stats instanceof Failure) return stats.code === "ENOENT" ? create(path) : stats;
  // Checked before the file is opened, because opening a device can have side effects.
  const fault = faultOf(stats);
  if (fault !== undefined) return refuse(binding, path, fault);
  const fd = openExisting(binding, path);
  // A umask may have removed the owner's bits of a file that was left, or that another process has just made.
  const lacksOwnerBits = fd instanceof Failure && fd.code === "EACCES" && (stats.mode & OWNER_BITS) !== OWNER_BITS;
  return lacksOwnerBits ? setOwnerBits(binding, path) : fd;
}

/** Keeps the file, because another process may have locked it. Returns `undefined` if the file can be opened again. */
function setOwnerBits(binding: NativeBinding, path: string): Failure | undefined {
  const text = describe(path);
  if (binding.platform !== "linux") return setModeOfPath(binding, path, Number(OWNER_BITS));
  const fd = attempt(text, () => openSync(path, O_PATH | constants.O_NOFOLLOW));
  if (fd instanceof Failure) return fd.code === "ENOENT" ? undefined : fd;
  try {
    // By now another file may have the name.
    const fault = faultOf(fstatSync(fd, { bigint: true }));
    return fault === undefined ? setModeOfFile(binding, text, fd, Number(OWNER_BITS)) : refuse(binding, path, fault);
  } finally {
    closeSync(fd);
  }
}

function openExisting(binding: NativeBinding, path: string): number | Failure | undefined {
  const fd = attempt(describe(path), () => openSync(path, OPEN_FLAGS));
  if (fd instanceof Failure) return fd.code === "ENOENT" ? undefined : fd;
  const fault = faultOf(fstatSync(fd, { bigint: true }));
  if (fault === undefined) return fd;
  closeSync(fd);
  return refuse(binding, path, fault);
}

function create(path: string): number | Failure | undefined {
  const fd = attempt(describe(path), () => openSync(path, OPEN_FLAGS | constants.O_CREAT | constants.O_EXCL, 0o600));
  if (fd instanceof Failure) return fd.code === "EEXIST" ? undefined : explainNoFolder(fd, path);
  // The umask may have removed bits that the next process needs to open the file.
  if ((fstatSync(fd, { bigint: true }).mode & OWNER_BITS) !== OWNER_BITS) attempt(path, () => fchmodSync(fd, 0o600));
  const stats = fstatSync(fd, { bigint: true });
  // This process has just made the file, so a wrong owner or mode comes from the file system.
  if (isOwn(stats) && isPrivate(stats)) return fd;
  removeOpened(fd, path);
  closeSync(fd);
  const owner = `user ${process.geteuid?.()} made ${path} with mode 600`;
  const detail = `${owner}, and it shows user ${stats.uid} and mode ${octal(stats)}. Choose a path elsewhere`;
  return Failure.of("ERR_SOCKINFO_UNSUPPORTED_FILE_SYSTEM", detail);
}

function explainNoFolder(failure: Failure, path: string): Failure {
  const { code, errno, syscall } = failure;
  if (code !== "ENOENT" || errno === undefined || syscall === undefined) return failure;
  return Failure.ofSystem(errno, syscall, `${describe(path)}. The folder ${dirname(path)} does not exist`);
}

/** Why another user may be able to hold the lock, or would lose a file if this one were removed. */
function faultOf(stats: BigIntStats): string | undefined {
  if (!stats.isFile()) return `it is ${kindOf(stats)}`;
  if (!isOwn(stats)) return `it belongs to user ${stats.uid}`;
  if (stats.size > 0n) return "it is not empty";
  if (stats.nlink > 1n) return `it is one of ${stats.nlink} links to a file`;
  return isPrivate(stats) ? undefined : `its mode ${octal(stats)} lets other users hold it`;
}

function isOwn({ uid }: BigIntStats): boolean {
  return Number(uid) === process.geteuid?.();
}

function isPrivate({ mode }: BigIntStats): boolean {
  return (mode & 0o077n) === 0n;
}

function octal({ mode }: BigIntStats): string {
  return (mode & 0o7777n).toString(8);
}

function refuse(binding: NativeBinding, path: string, fault: string): Failure {
  const detail = `${describe(path)}, can't be used: ${fault}. Remove it, or choose another path`;
  return Failure.ofSystem(-binding.errno.EADDRINUSE, "bind", detail);
}

function describe(path: string): string {
  return `${path}, the lock file of listenUnix()`;
}

function removeOpened(fd: number, path: string): void {
  if (isStillThere(fd, path)) attempt(path, () => unlinkSync(path));
}

function isStillThere(fd: number, path: string): boolean {
  const [ours, there] = [fstatSync(fd, { bigint: true }), attempt(path, () => lstat(path))];
  return !(there instanceof Failure) && ours.ino === there.ino && ours.dev === there.dev;
}
